import { readAnthropicCounters } from './anthropic-usage.ts';
import { readChatUsage } from './openai-usage.ts';
import type { Usage } from './usage.ts';
import { count, defined, type JsonRecord, record } from './usage-json.ts';

/**
 * Reads the token counts from the JSON of a model on Bedrock: a whole answer, or one event of a streamed answer.
 *
 * Reads Anthropic messages, Converse and Nova, OpenAI-style completions, Llama, Titan text and embeddings, and the
 * invocation metrics at the end of a stream. Counts of the model itself, in this event or in an earlier event,
 * override those metrics, which do not distinguish the two kinds of cache writes.
 *
 * @param earlier - The counters of earlier events of the same stream; a later count replaces an earlier count.
 * @returns Only the counters found; `earlier` if `body` holds no counter. Negative and fractional numbers are ignored.
 */
export function readBedrockUsage(body: unknown, earlier: Usage = {}): Usage {
  const root = record(body);
  // Anthropic begins a stream with `message.usage`; Nova ends a stream with `metadata.usage`.
  const usage = record(root.usage ?? record(root.message).usage ?? record(root.metadata).usage);
  return {
    ...readInvocationMetrics(record(root[invocationMetricsMember])),
    ...earlier,
    ...readLlama(root),
    ...readTitan(root),
    ...readAnthropicCounters(usage, earlier),
    ...readConverse(usage),
    ...readChatUsage(usage),
  };
}

/** The member that Bedrock adds to the last chunk of an InvokeModelWithResponseStream answer. */
export const invocationMetricsMember = 'amazon-bedrock-invocationMetrics';

/**
 * Reads the token counts that Bedrock puts into the headers of InvokeModel answers, for any body.
 *
 * @param headers - Keys in lower case.
 */
export function readBedrockUsageHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Usage {
  const header = (name: string): number | undefined => {
    const value = headers[`x-amzn-bedrock-${name}-token-count`];
    return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : undefined;
  };
  return defined({
    input: header('input'),
    output: header('output'),
    cacheRead: header('cache-read-input'),
    cacheWrite: header('cache-write-input'),
  });
}

function readConverse(usage: JsonRecord): Usage {
  // Converse says `cacheReadInputTokens`; Nova's own body `cacheReadInputTokenCount`.
  const written = count(usage.cacheWriteInputTokens ?? usage.cacheWriteInputTokenCount);
  const writtenFor1h = writtenByTtl(usage.cacheDetails, '1h');
  return defined({
    input: count(usage.inputTokens),
    output: count(usage.outputTokens),
    cacheRead: count(usage.cacheReadInputTokens ?? usage.cacheReadInputTokenCount),
    cacheWrite: written === undefined ? undefined : Math.max(0, written - (writtenFor1h ?? 0)),
    cacheWrite1h: writtenFor1h,
  });
}

function writtenByTtl(cacheDetails: unknown, ttl: string): number | undefined {
  if (!Array.isArray(cacheDetails)) return undefined;
  const detail = cacheDetails.map(record).find((candidate) => candidate.ttl === ttl);
  return count(detail?.inputTokens);
}

function readLlama(root: JsonRecord): Usage {
  return defined({ input: count(root.prompt_token_count), output: count(root.generation_token_count) });
}

function readTitan(root: JsonRecord): Usage {
  const results = Array.isArray(root.results) ? root.results.map(record) : [];
  const counts = results.map((result) => count(result.tokenCount)).filter((tokens) => tokens !== undefined);
  return defined({
    input: count(root.inputTextTokenCount),
    output:
      count(root.totalOutputTextTokenCount) ??
      (counts.length > 0 ? counts.reduce((sum, tokens) => sum + tokens, 0) : undefined),
  });
}

function readInvocationMetrics(metrics: JsonRecord): Usage {
  return defined({
    input: count(metrics.inputTokenCount),
    output: count(metrics.outputTokenCount),
    cacheRead: count(metrics.cacheReadInputTokenCount),
    cacheWrite: count(metrics.cacheWriteInputTokenCount),
  });
}
