import { readAnthropicEvent, readAnthropicMessage } from './anthropic-messages.ts';
import { readCohere } from './cohere.ts';
import { readGuardrail } from './guardrail.ts';
import { readInvocationMetrics } from './invocation-metrics.ts';
import { isText, type JsonRecord, record } from './json.ts';
import { readLlama } from './llama.ts';
import { mergeReadings } from './merge-readings.ts';
import { readMistralText } from './mistral.ts';
import type { ModelFamily } from './model-family.ts';
import { readNova, readNovaChunk } from './nova.ts';
import { readOpenAIChat, readOpenAIChatChunk } from './openai-chat.ts';
import { nothing, type Reading } from './reading.ts';
import { readTitan } from './titan.ts';

type Reader = (value: unknown) => Reading;

const anthropic = [readAnthropicMessage, readAnthropicEvent] as const;
const chat = [readOpenAIChat, readOpenAIChatChunk] as const;
const cohere = [readCohere, readCohere] as const;
const llama = [readLlama, readLlama] as const;
const mistralText = [readMistralText, readMistralText] as const;
const nova = [readNova, readNovaChunk] as const;
const titan = [readTitan, readTitan] as const;

/** Readers of a body and of a chunk. */
type Readers = readonly [body: Reader, chunk: Reader];

const byFamily: Readonly<Record<ModelFamily, Readers>> = {
  anthropic,
  nova,
  llama,
  titan,
  cohere,
  mistral: chat,
  deepseek: chat,
  ai21: chat,
  openai: chat,
};

/** Members, of the answer or of its `usage`, by which a wording is known, in the order in which they are looked for. */
const byMember: Readonly<Record<string, Readers>> = {
  choices: chat,
  prompt_tokens: chat,
  output: nova,
  messageStop: nova,
  contentBlockStart: nova,
  contentBlockDelta: nova,
  metadata: nova,
  inputTokens: nova,
  generation: llama,
  prompt_token_count: llama,
  generation_token_count: llama,
  inputTextTokenCount: titan,
  totalOutputTextTokenCount: titan,
  outputs: mistralText,
  meta: cohere,
  generations: cohere,
  generation_id: cohere,
  event_type: cohere,
  is_finished: cohere,
  input_tokens: anthropic,
  completion: anthropic,
};

/**
 * Reads the JSON body of InvokeModel, whatever the model: what the model says, and what its guardrails say.
 *
 * The body's own shape decides how it is read. The name of the model may be hidden behind the ARN of an application
 * inference profile, and a price-as resource may be that of another family.
 *
 * @param family - Asked where the shape is not known.
 */
export function readBedrockBody(body: unknown, family?: ModelFamily): Reading {
  return mergeReadings(read(body, family, 0), readGuardrail(body));
}

/**
 * Reads the JSON of one chunk of InvokeModelWithResponseStream, the metrics of the last one included. What the model
 * itself counts in a chunk wins over the metrics in it: they know no lifetimes of caches.
 */
export function readBedrockChunk(chunk: unknown, family?: ModelFamily): Reading {
  const reading = mergeReadings(readInvocationMetrics(chunk), read(chunk, family, 1));
  return mergeReadings(reading, readGuardrail(chunk));
}

function read(value: unknown, family: ModelFamily | undefined, kind: 0 | 1): Reading {
  const root = record(value);
  const readers = isAnthropic(root)
    ? anthropic
    : (readersByMember(root) ?? readersByMember(record(root.usage)));
  return (readers ?? (family && byFamily[family]))?.[kind](value) ?? nothing;
}

/** The type of a message, or of one of its events; first, because a stream has most of those. */
function isAnthropic({ type }: JsonRecord): boolean {
  return isText(type) && /^(message|content_block)/.test(type);
}

function readersByMember(value: object): Readers | undefined {
  for (const member in byMember) {
    if (member in value) return byMember[member];
  }
  return undefined;
}
