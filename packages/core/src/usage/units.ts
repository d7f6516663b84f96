import { count } from './json.ts';

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

export interface Counts {
  input?: number;
  output?: number;
}

/** Units while they are gathered. */
export type GatheredUnits = Record<string, Counts>;

/**
 * Adds one unit to others.
 *
 * `text` keeps its zeros, because an answer of no tokens is worth knowing. Every other unit appears only where it was
 * used: most answers mention caches they did not touch, and Pay-i's own clients leave those out.
 *
 * @param input - Whatever the provider sent. What is no count is not known, and left out.
 */
export function addUnit(units: GatheredUnits, name: string, input: unknown, output?: unknown): void {
  const given = name === 'text' ? count(input) : count(input) || undefined;
  const made = name === 'text' ? count(output) : count(output) || undefined;
  if (given === undefined && made === undefined) return;
  const counts: Counts = {};
  if (given !== undefined) counts.input = given;
  if (made !== undefined) counts.output = made;
  units[name] = counts;
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
  cacheRead?: unknown,
  written?: unknown,
  writtenFor5m?: unknown,
  writtenFor1h?: unknown,
): GatheredUnits {
  const units: GatheredUnits = {};
  const rest = (count(written) ?? 0) - (count(writtenFor1h) ?? 0);
  addUnit(units, 'text', input, output);
  addUnit(units, 'text_cache_read', cacheRead);
  addUnit(units, 'text_cache_write', Math.max(count(writtenFor5m) ?? 0, rest));
  addUnit(units, 'text_cache_write_1h', writtenFor1h);
  return units;
}

/** A count without its parts; `undefined` when the whole is not known. Parts that exceed the whole leave 0. */
export function without(whole: unknown, ...parts: readonly unknown[]): number | undefined {
  let rest = count(whole);
  if (rest === undefined) return undefined;
  for (const part of parts) rest = Math.max(0, rest - (count(part) ?? 0));
  return rest;
}
