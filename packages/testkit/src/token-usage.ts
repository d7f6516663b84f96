/** Token counts of an answer. Missing counts are counted from the text. */
export interface ScriptedUsage {
  inputTokens?: number;
  outputTokens?: number;
  cacheReadInputTokens?: number;
  /** Written with the default lifetime of 5 minutes, unless the counts by lifetime say otherwise. */
  cacheWriteInputTokens?: number;
  cacheWrite5mInputTokens?: number;
  cacheWrite1hInputTokens?: number;
}

/** The token counts of an answer, the same in its body, its headers and its metrics. */
export interface TokenUsage {
  /** Without tokens that were read from a cache or written to a cache. */
  inputTokens: number;
  outputTokens: number;
  cacheReadInputTokens: number;
  /** All tokens written to a cache, of any lifetime. */
  cacheWriteInputTokens: number;
  cacheWrite5mInputTokens: number;
  cacheWrite1hInputTokens: number;
  /** Whether the script mentions caching. Real answers of models without caching do not mention it. */
  mentionsCache: boolean;
}

/** Completes the token counts of a script. */
export function resolveUsage(
  scripted: ScriptedUsage,
  counted: { inputTokens: number; outputTokens: number },
): TokenUsage {
  const oneHour = scripted.cacheWrite1hInputTokens ?? 0;
  const fiveMinutes =
    scripted.cacheWrite5mInputTokens ?? Math.max(0, (scripted.cacheWriteInputTokens ?? 0) - oneHour);
  return {
    inputTokens: scripted.inputTokens ?? counted.inputTokens,
    outputTokens: scripted.outputTokens ?? counted.outputTokens,
    cacheReadInputTokens: scripted.cacheReadInputTokens ?? 0,
    cacheWriteInputTokens: scripted.cacheWriteInputTokens ?? fiveMinutes + oneHour,
    cacheWrite5mInputTokens: fiveMinutes,
    cacheWrite1hInputTokens: oneHour,
    mentionsCache: Object.keys(scripted).some((name) => name.startsWith('cache')),
  };
}

/** Input, output and cached tokens together, as Converse and Nova total them. */
export function totalTokens(usage: TokenUsage): number {
  return usage.inputTokens + usage.outputTokens + usage.cacheReadInputTokens + usage.cacheWriteInputTokens;
}
