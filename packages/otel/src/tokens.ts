import type { Receipt } from '@payi/core';
import type { TokenCount } from './conventions.ts';

export type Modality = 'text' | 'image' | 'audio' | 'unknown';

/** Tokens of one call, by modality. What the answer does not state is absent. */
export type Tokens = Partial<Record<TokenCount, Partial<Record<Modality, number>>>>;

/** `text` has the tokens that the provider does not tell apart, of pictures too. */
const modalities: Readonly<Record<string, Modality>> = {
  reasoning: 'text',
  vision: 'image',
  image: 'image',
  audio: 'audio',
};

const parts: Readonly<Record<string, TokenCount>> = {
  text_cache_read: 'cacheRead',
  text_cache_write: 'cacheWrite',
  text_cache_write_1h: 'cacheWrite',
  reasoning: 'reasoning',
};

/**
 * Counts tokens as OpenTelemetry does: input includes what a cache read or wrote, output includes reasoning. In
 * {@link Receipt.units} each token is counted in one unit only.
 */
export function tokensOf(units: Receipt['units']): Tokens {
  const tokens: Tokens = {};
  const add = (count: TokenCount, modality: Modality, value: number): void => {
    tokens[count] ??= {};
    tokens[count][modality] = (tokens[count][modality] ?? 0) + value;
  };
  for (const [unit, counts] of Object.entries(units)) {
    if (/_request$|^guardrail_/.test(unit)) continue;
    for (const direction of ['input', 'output'] as const) {
      const value = counts[direction];
      if (value === undefined) continue;
      const modality = modalities[unit] ?? 'unknown';
      add(direction, modality, value);
      const part = parts[unit];
      if (part !== undefined) add(part, modality, value);
    }
  }
  return tokens;
}

export function sumOf(counts: Tokens[TokenCount]): number | undefined {
  return counts && Object.values(counts).reduce((sum, value) => sum + value, 0);
}
