import type { JsonObject } from './json.ts';
import type { ModelReply } from './model-families/model-family.ts';
import { type TokenUsage, totalTokens } from './token-usage.ts';

/** The JSON body of Converse, the same for all models. */
export function converseBody(reply: ModelReply, latencyMs: number): JsonObject {
  return {
    metrics: { latencyMs },
    output: { message: { content: [{ text: reply.text }], role: 'assistant' } },
    stopReason: reply.stopReason ?? 'end_turn',
    usage: converseUsage(reply.usage),
  };
}

/** The events of ConverseStream as names and payloads, without the closing `metadata`. */
export function converseEvents(reply: ModelReply): [name: string, payload: JsonObject][] {
  return [
    ['messageStart', { role: 'assistant' }],
    ...reply.pieces.map((text): [string, JsonObject] => [
      'contentBlockDelta',
      { contentBlockIndex: 0, delta: { text } },
    ]),
    ['contentBlockStop', { contentBlockIndex: 0 }],
    ['messageStop', { stopReason: reply.stopReason ?? 'end_turn' }],
  ];
}

/** The payload of the event `metadata`, which ends a ConverseStream. */
export function converseMetadata(reply: ModelReply, latencyMs: number): JsonObject {
  return { metrics: { latencyMs }, usage: converseUsage(reply.usage) };
}

function converseUsage(usage: TokenUsage): JsonObject {
  // Bedrock lists longer lifetimes first.
  const cacheDetails = [
    { ttl: '1h', inputTokens: usage.cacheWrite1hInputTokens },
    { ttl: '5m', inputTokens: usage.cacheWrite5mInputTokens },
  ].filter(({ inputTokens }) => inputTokens > 0);
  return {
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    totalTokens: totalTokens(usage),
    ...(usage.mentionsCache && {
      cacheReadInputTokens: usage.cacheReadInputTokens,
      cacheWriteInputTokens: usage.cacheWriteInputTokens,
      cacheDetails,
    }),
  };
}
