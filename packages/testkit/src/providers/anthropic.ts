import type { JsonAnswer } from '../bedrock-answer.ts';
import type { JsonObject } from '../json.ts';
import { inputUsage } from '../model-families/anthropic-messages.ts';
import type { SseAnswer } from '../provider-answer.ts';
import { randomId } from '../random-id.ts';
import type { Provider, ProviderReply } from './provider.ts';

/** @see https://docs.anthropic.com/en/api/messages */
export const anthropic: Provider = {
  // Anthropic itself, and its models on Azure AI Foundry.
  hosts: /^api\.anthropic\.com$|(?:^|\.)services\.ai\.azure\.com$/,
  idHeader: 'request-id',
  newId: () => randomId('req_011C', 20),
  readKey: ({ headers }) => headers['x-api-key'] ?? headers['api-key'] ?? headers.authorization,
  renderError: ({ status, type = errorTypes[status] ?? 'api_error', message }, requestId) => ({
    type: 'error',
    error: { type, message },
    request_id: requestId,
  }),
  operations: [
    { name: 'messages', path: /\/v1\/messages$/, answer: anthropicReply },
    {
      name: 'count_tokens',
      path: /\/v1\/messages\/count_tokens$/,
      answer: ({ usage }) => ({ json: { input_tokens: usage.inputTokens } }),
    },
    {
      name: 'batches',
      path: /\/v1\/messages\/batches$/,
      answer: ({ json, request }) => ({
        json: describeBatch(randomId('msgbatch_01', 22), request.receivedAt, countOf(json.requests)),
      }),
    },
    {
      name: 'batches',
      method: 'GET',
      path: /\/v1\/messages\/batches\/(?<model>[^/]+)$/,
      answer: ({ model, request }) => ({ json: describeBatch(model, request.receivedAt, 0) }),
    },
    {
      name: 'models',
      method: 'GET',
      path: /\/v1\/models$/,
      answer: () => ({
        json: { data: [describeModel(opus)], has_more: false, first_id: opus, last_id: opus },
      }),
    },
    {
      name: 'models',
      method: 'GET',
      path: /\/v1\/models\/(?<model>[^/]+)$/,
      answer: ({ model }) => ({ json: describeModel(model) }),
    },
  ],
};

/** A message, or its stream. Vertex AI answers with the same. */
export function anthropicReply(reply: ProviderReply): JsonAnswer | SseAnswer {
  const blocks = contentBlocks(reply);
  const stopReason = reply.stopReason ?? (reply.toolCalls.length > 0 ? 'tool_use' : 'end_turn');
  const { outputTokens, reasoningTokens } = reply.usage;
  const output = { output_tokens: outputTokens + reasoningTokens };
  const message = {
    model: reply.model,
    id: randomId('msg_01', 22),
    type: 'message',
    role: 'assistant',
    content: blocks.map(({ whole }) => whole),
    stop_reason: stopReason,
    stop_sequence: null,
    usage: { ...inputUsage(reply.usage), ...output, service_tier: 'standard' },
  };
  if (reply.json.stream !== true) return { json: message };
  const { cache_creation: _, ...cumulative } = inputUsage(reply.usage);
  const events: JsonObject[] = [
    // The first event has the output tokens so far; `message_delta` has the total of everything.
    {
      type: 'message_start',
      message: { ...message, content: [], stop_reason: null, usage: { ...message.usage, output_tokens: 1 } },
    },
    ...blocks.flatMap(({ empty, deltas }, index) => [
      { type: 'content_block_start', index, content_block: empty },
      ...(index === 0 ? [{ type: 'ping' }] : []),
      ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
      { type: 'content_block_stop', index },
    ]),
    {
      type: 'message_delta',
      delta: { stop_reason: stopReason, stop_sequence: null },
      usage: { ...cumulative, ...output },
    },
    { type: 'message_stop' },
  ];
  return { events: events.map((data) => ({ data })) };
}

/** A part of a message: whole, as a stream begins it, and as a stream continues it. */
interface ContentBlock {
  whole: JsonObject;
  empty: JsonObject;
  deltas: readonly JsonObject[];
}

function contentBlocks({ text, pieces, toolCalls }: ProviderReply): ContentBlock[] {
  const textBlock = {
    whole: { type: 'text', text },
    empty: { type: 'text', text: '' },
    deltas: pieces.map((piece) => ({ type: 'text_delta', text: piece })),
  };
  const toolBlocks = toolCalls.map(({ name, arguments: input }) => {
    const empty = { type: 'tool_use', id: randomId('toolu_01', 22), name, input: {} };
    return {
      whole: { ...empty, input },
      empty,
      deltas: [{ type: 'input_json_delta', partial_json: JSON.stringify(input) }],
    };
  });
  return [...(text === '' ? [] : [textBlock]), ...toolBlocks];
}

/** A batch that has ended. Results are not served: script them for `results_url`. */
function describeBatch(id: string, createdAt: Date, succeeded: number): JsonObject {
  const now = createdAt.toISOString();
  return {
    id,
    type: 'message_batch',
    processing_status: 'ended',
    request_counts: { processing: 0, succeeded, errored: 0, canceled: 0, expired: 0 },
    ended_at: now,
    created_at: now,
    expires_at: new Date(createdAt.getTime() + 86_400_000).toISOString(),
    archived_at: null,
    cancel_initiated_at: null,
    results_url: `https://api.anthropic.com/v1/messages/batches/${id}/results`,
  };
}

function countOf(requests: unknown): number {
  return Array.isArray(requests) ? requests.length : 0;
}

const opus = 'claude-opus-4-5';

function describeModel(id: string): JsonObject {
  return { type: 'model', id, display_name: id, created_at: '2025-11-24T00:00:00Z' };
}

const errorTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};
