import { count } from './json.ts';
import type { Units } from './reading.ts';

const none: Units = Object.freeze({});

/**
 * Units that are a part of another one. A source that does not tell them apart counts them in the whole: Bedrock's
 * response headers know one number of tokens written to caches, of whatever lifetime, and one of output tokens.
 */
export const wholeOf: Readonly<Record<string, string>> = {
  text_cache_write_1h: 'text_cache_write',
  reasoning: 'text',
  audio: 'text',
  vision: 'text',
};

/**
 * One unit, to be spread into others.
 *
 * `text` keeps its zeros, because an answer of no tokens is worth knowing. Every other unit appears only where it was
 * used: most answers mention caches they did not touch, and Pay-i's own clients leave those out.
 *
 * @param input - Whatever the provider sent. What is no count is not known, and left out.
 */
export function unit(name: string, input: unknown, output?: unknown): Units {
  const counts = { ...counter(name, 'input', input), ...counter(name, 'output', output) };
  return 'input' in counts || 'output' in counts ? { [name]: counts } : none;
}

function counter(
  name: string,
  direction: 'input' | 'output',
  value: unknown,
): { input?: number; output?: number } {
  const known = count(value);
  return known === undefined || (known === 0 && name !== 'text') ? {} : { [direction]: known };
}

/**
 * Tokens written to prompt caches, by lifetime, because the longer one has a higher price.
 *
 * @param total - Counts only for what the split leaves.
 */
export function cacheWriteUnits(total: unknown, fiveMinutes: unknown, oneHour: unknown): Units {
  const rest = (count(total) ?? 0) - (count(oneHour) ?? 0);
  return {
    ...unit('text_cache_write', Math.max(count(fiveMinutes) ?? 0, rest)),
    ...unit('text_cache_write_1h', oneHour),
  };
}

/** A count without its parts; `undefined` when the whole is not known. Parts that exceed the whole leave 0. */
export function without(whole: unknown, ...parts: readonly unknown[]): number | undefined {
  const known = count(whole);
  return known === undefined ? undefined : parts.reduce<number>(less, known);
}

function less(whole: number, part: unknown): number {
  return Math.max(0, whole - (count(part) ?? 0));
}
