import { count, filled, known } from './json.ts';
import type { Units } from './reading.ts';

const none: Units = Object.freeze({});

export const directions = ['input', 'output'] as const;

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
  const counts = known({ input: counter(name, input), output: counter(name, output) });
  return filled(counts) ? { [name]: counts } : none;
}

function counter(name: string, value: unknown): number | undefined {
  return name === 'text' ? count(value) : count(value) || undefined;
}

/**
 * The four counters of tokens, which exclude each other: read anew, given, read from a prompt cache, written to one.
 *
 * @param written - All writes; those with a lifetime of their own, because the longer one has a higher price, are told
 *   apart by the two parameters after it. `written` counts only for what they leave.
 */
export function tokenUnits(
  input: unknown,
  output: unknown,
  cacheRead: unknown,
  written: unknown,
  writtenFor5m?: unknown,
  writtenFor1h?: unknown,
): Units {
  const rest = (count(written) ?? 0) - (count(writtenFor1h) ?? 0);
  return {
    ...unit('text', input, output),
    ...unit('text_cache_read', cacheRead),
    ...unit('text_cache_write', Math.max(count(writtenFor5m) ?? 0, rest)),
    ...unit('text_cache_write_1h', writtenFor1h),
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
