import { isJsonObject, type JsonObject } from '../json.ts';
import {
  readChatUsage,
  readImageUsage,
  readResponseUsage,
  readSpeechUsage,
  readTranscriptionUsage,
} from './openai-usage.ts';
import type { StreamMeter } from './proxy-route.ts';
import { type SseFormat, SseMeter, type SseRole } from './sse-meter.ts';
import { SseTap } from './sse-tap.ts';
import type { StreamTap } from './stream-tap.ts';
import type { Usage } from './usage.ts';
import { type JsonRecord, record } from './usage-json.ts';

/** The format of an operation: its usage, and the last event of its streams. */
interface OpenAIOperation {
  readUsage(usage: JsonRecord): Usage;
  roleOf(event: JsonObject): SseRole;
  /** Whether the last event has a type of its own. A stream without that event was broken off. */
  hasLastEvent?: boolean;
}

const chat: OpenAIOperation = { readUsage: readChatUsage, roleOf: roleOfChunk };
const images: OpenAIOperation = { readUsage: readImageUsage, roleOf: roleByType };

/** The operations of OpenAI that Pay-i proxies, by their path after `/v1` or a deployment. */
const operations: Readonly<Record<string, OpenAIOperation>> = {
  'chat/completions': chat,
  completions: chat,
  responses: { readUsage: readResponseUsage, roleOf: roleInResponse, hasLastEvent: true },
  embeddings: chat,
  'images/generations': images,
  'images/edits': images,
  'audio/transcriptions': { readUsage: readTranscriptionUsage, roleOf: roleByType },
  'audio/translations': { readUsage: readTranscriptionUsage, roleOf: roleByType },
  'audio/speech': { readUsage: readSpeechUsage, roleOf: roleByType },
};

export function isOpenAIOperation(path: string | undefined): path is string {
  return path !== undefined && Object.hasOwn(operations, path);
}

export function readOpenAIUsage(operation: string, body: JsonObject | undefined): Usage {
  return operations[operation]?.readUsage(record(body?.usage)) ?? {};
}

export function tapOpenAIStream(
  operation: string,
  contentType: string,
  meter: StreamMeter,
): StreamTap | undefined {
  const described = operations[operation];
  if (!described || !contentType.startsWith('text/event-stream')) return undefined;
  const format: SseFormat = {
    roleOf: (event) => described.roleOf(event),
    readUsage: (event, earlier) => ({
      ...earlier,
      // The Responses API has `usage` inside `response`, the other APIs have it in the event.
      ...described.readUsage(record(event.usage ?? record(event.response).usage)),
    }),
    hasLastEvent: described.hasLastEvent ?? false,
  };
  return new SseTap(new SseMeter(format, meter));
}

/**
 * The last chunk is the chunk with the usage, if the caller asked for usage, and otherwise the chunk in which the last
 * choice finishes. `[DONE]` confirms it.
 */
function roleOfChunk({ error, usage, choices }: JsonObject): SseRole {
  if (error) return 'failed';
  const list: unknown[] = Array.isArray(choices) ? choices : [];
  const isFinish = list.some((choice) => typeof record(choice).finish_reason === 'string');
  return isFinish || list.length === 0 || isJsonObject(usage) ? 'maybe-last' : 'more';
}

function roleInResponse({ type }: JsonObject): SseRole {
  if (type === 'error') return 'failed';
  if (type === 'response.failed') return 'last-failed';
  return type === 'response.completed' || type === 'response.incomplete' ? 'last' : 'more';
}

/** `image_generation.completed`, `transcript.text.done`, `speech.audio.done`. Each image has its own event. */
function roleByType({ type, error }: JsonObject): SseRole {
  if (type === 'error' || error) return 'failed';
  return typeof type === 'string' && /\.(?:completed|done)$/.test(type) ? 'maybe-last' : 'more';
}
