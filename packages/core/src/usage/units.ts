export const directions = ['input', 'output'] as const;

/**
 * Units that are a part of another one. A source that does not tell them apart counts them in the whole: Bedrock's
 * response headers have one number of tokens written to caches, of any lifetime, and one of output tokens.
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

/** Units that are being counted. */
export type GatheredUnits = Record<string, Counts>;

// The two names are written out here and below: a computed name takes several times as long.
export function countIn(counts: Readonly<Counts> | undefined, isInput: boolean): number | undefined {
  return isInput ? counts?.input : counts?.output;
}

export function setCount(counts: Counts, isInput: boolean, tokens: number): void {
  if (isInput) counts.input = tokens;
  else counts.output = tokens;
}

/** Takes a part out of the unit that includes it. A unit that was nothing but its parts is gone, but for `text`. */
export function takePart(units: GatheredUnits, whole: string, isInput: boolean, part: number): void {
  const counts = units[whole];
  const sum = countIn(counts, isInput);
  if (counts === undefined || sum === undefined) return;
  if (sum > part || whole === 'text') setCount(counts, isInput, Math.max(0, sum - part));
  else delete units[whole];
}
