/**
 * Tokens of one call. The counters do not overlap: `input` holds neither what was read from nor what was written to
 * a prompt cache. Absent means that the provider did not say.
 */
export interface Usage {
  input?: number;
  output?: number;
  cacheRead?: number;
  /** Written to a cache that lives for the provider's default time. */
  cacheWrite?: number;
  /** Written to a cache that lives for an hour, which is priced apart. */
  cacheWrite1h?: number;
}

/** Amounts by Pay-i's unit name: `text`, `text_cache_read`, `text_cache_write`, `text_cache_write_1h`. */
export type Units = Record<string, { input?: number; output?: number }>;

/**
 * Reads the token counts from a provider's JSON: a whole answer, or one event of a streamed one.
 *
 * Understands Anthropic messages, Converse and Nova, OpenAI-style completions, Llama, Titan text and embeddings, and
 * the invocation metrics with which Bedrock closes a stream. What the model itself has said, in this event or in an
 * earlier one, wins over those metrics: they do not tell the two kinds of cache writes apart.
 *
 * @param earlier - What the earlier events of the same stream said; a later count replaces an earlier one.
 * @returns Only the counters found; `earlier` for anything that holds none. A count that is not a whole number, or
 *   is negative, is not a count.
 */
export function readUsage(body: unknown, earlier: Usage = {}): Usage {
  const root = record(body);
  // Anthropic opens a stream with `message.usage`; Nova closes one with `metadata.usage`.
  const usage = record(root.usage ?? record(root.message).usage ?? record(root.metadata).usage);
  return {
    ...readInvocationMetrics(record(root[invocationMetricsMember])),
    ...earlier,
    ...readLlama(root),
    ...readTitan(root),
    ...readAnthropic(usage),
    ...readConverse(usage),
    ...readOpenAI(usage),
  };
}

/** The member that Bedrock adds to the last chunk of an InvokeModelWithResponseStream answer. */
export const invocationMetricsMember = 'amazon-bedrock-invocationMetrics';

/**
 * Reads the token counts that Bedrock puts in the headers of InvokeModel answers, whatever the body is.
 *
 * @param headers - Keys in lower case.
 */
export function readUsageHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): Usage {
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

/** @returns `{}` when nothing is known. Caches appear only when they were used. */
export function toUnits(usage: Usage): Units {
  const units: Units = {};
  const { input, output, cacheRead, cacheWrite, cacheWrite1h } = usage;
  if (input !== undefined || output !== undefined) units.text = defined({ input, output });
  if (cacheRead) units.text_cache_read = { input: cacheRead };
  if (cacheWrite) units.text_cache_write = { input: cacheWrite };
  if (cacheWrite1h) units.text_cache_write_1h = { input: cacheWrite1h };
  return units;
}

function readAnthropic(usage: JsonRecord): Usage {
  const written = record(usage.cache_creation);
  const writtenFor1h = count(written.ephemeral_1h_input_tokens);
  // The sum in `cache_creation_input_tokens` counts only where its parts are not given.
  const isSplit = Boolean(count(written.ephemeral_5m_input_tokens) || writtenFor1h);
  return defined({
    input: count(usage.input_tokens),
    output: count(usage.output_tokens),
    cacheRead: count(usage.cache_read_input_tokens),
    cacheWrite: isSplit
      ? (count(written.ephemeral_5m_input_tokens) ?? 0)
      : count(usage.cache_creation_input_tokens),
    cacheWrite1h: writtenFor1h,
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

function readOpenAI(usage: JsonRecord): Usage {
  const prompt = count(usage.prompt_tokens);
  const cached = count(record(usage.prompt_tokens_details).cached_tokens);
  return defined({
    // OpenAI's prompt count includes what came from the cache.
    input: prompt === undefined ? undefined : Math.max(0, prompt - (cached ?? 0)),
    output: count(usage.completion_tokens),
    cacheRead: cached,
  });
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

type JsonRecord = Readonly<Record<string, unknown>>;

function record(value: unknown): JsonRecord {
  return typeof value === 'object' && value !== null ? (value as JsonRecord) : {};
}

function count(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

function defined<T extends Record<string, number | undefined>>(
  counters: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const known = Object.entries(counters).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
