import type { JsonObject } from './json.ts';
import type { TokenUsage } from './token-usage.ts';

/** The member `amazon-bedrock-invocationMetrics` in the last chunk of InvokeModelWithResponseStream. */
export function invocationMetrics(
  usage: TokenUsage,
  latency: { invocationLatency: number; firstByteLatency: number },
): JsonObject {
  return {
    inputTokenCount: usage.inputTokens,
    outputTokenCount: usage.outputTokens,
    ...latency,
    ...(usage.mentionsCache && {
      cacheReadInputTokenCount: usage.cacheReadInputTokens,
      cacheWriteInputTokenCount: usage.cacheWriteInputTokens,
    }),
  };
}

/** The same metrics as headers of InvokeModel. */
export function invocationHeaders(usage: TokenUsage, latencyMs: number): Record<string, string> {
  return {
    'x-amzn-bedrock-invocation-latency': String(latencyMs),
    'x-amzn-bedrock-input-token-count': String(usage.inputTokens),
    'x-amzn-bedrock-output-token-count': String(usage.outputTokens),
    ...(usage.mentionsCache && {
      'x-amzn-bedrock-cache-read-input-token-count': String(usage.cacheReadInputTokens),
      'x-amzn-bedrock-cache-write-input-token-count': String(usage.cacheWriteInputTokens),
    }),
  };
}
