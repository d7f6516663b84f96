export const directions = ['input', 'output'] as const;
export type Direction = (typeof directions)[number];

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
