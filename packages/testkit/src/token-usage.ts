/** Token counts to put into an answer; those left out are counted from its text. */
export interface ScriptedUsage {
  inputTokens?: number;
  outputTokens?: number;
  cacheReadInputTokens?: number;
  /** Written with the default lifetime of 5 minutes, unless the counts by lifetime say otherwise. */
  cacheWriteInputTokens?: number;
  cacheWrite5mInputTokens?: number;
  cacheWrite1hInputTokens?: number;
}

/** What an answer says about tokens, the same in its body, its headers and its metrics. */
export interface TokenUsage {
  /** Tokens read anew: without those that came from a cache or went into one. */
  inputTokens: number;
  outputTokens: number;
  cacheReadInputTokens: number;
  /** All tokens written to a cache, whatever their lifetime. */
  cacheWriteInputTokens: number;
  cacheWrite5mInputTokens: number;
  cacheWrite1hInputTokens: number;
  /** Whether caching was scripted at all; real answers to models without caching do not mention it. */
  mentionsCache: boolean;
}

/** Fills in what a script leaves open. */
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
