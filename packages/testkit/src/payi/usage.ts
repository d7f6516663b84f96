/**
 * The usage of one call. The counters do not overlap: `input` does not include tokens read from or written to a prompt
 * cache, audio or images; `output` does not include reasoning, audio or images. A counter is absent if the provider
 * did not report it.
 */
export interface Usage {
  input?: number;
  output?: number;
  cacheRead?: number;
  /** Written to a cache with the provider's default lifetime. */
  cacheWrite?: number;
  /** Written to a cache with a lifetime of one hour, which has its own price. */
  cacheWrite1h?: number;
  reasoning?: number;
  inputAudio?: number;
  outputAudio?: number;
  cacheReadAudio?: number;
  inputImage?: number;
  outputImage?: number;
  cacheReadImage?: number;
  inputVideo?: number;
  outputVideo?: number;
  cacheReadVideo?: number;
  /** Searches that the provider ran. Not a count of tokens. */
  webSearches?: number;
}

/** Amounts by Pay-i's unit name, e.g. `{ text: { input: 12, output: 34 }, text_cache_read: { input: 5 } }`. */
export type Units = Record<string, { input?: number; output?: number }>;

/** Pay-i's unit of each counter. Images that are read and images that are drawn have different units. */
const unitsOf: Readonly<Record<keyof Usage, readonly [unit: string, side: 'input' | 'output']>> = {
  input: ['text', 'input'],
  output: ['text', 'output'],
  cacheRead: ['text_cache_read', 'input'],
  cacheWrite: ['text_cache_write', 'input'],
  cacheWrite1h: ['text_cache_write_1h', 'input'],
  reasoning: ['reasoning', 'output'],
  inputAudio: ['audio', 'input'],
  outputAudio: ['audio', 'output'],
  cacheReadAudio: ['audio_cache_read', 'input'],
  inputImage: ['vision', 'input'],
  outputImage: ['image', 'output'],
  cacheReadImage: ['vision_cache_read', 'input'],
  inputVideo: ['video', 'input'],
  outputVideo: ['video', 'output'],
  cacheReadVideo: ['video_cache_read', 'input'],
  webSearches: ['web_search_request', 'output'],
};
const counters = Object.entries(unitsOf) as [keyof Usage, (typeof unitsOf)[keyof Usage]][];

/** @returns `{}` when nothing is known. Units other than `text` appear only when they were used. */
export function toUnits(usage: Usage): Units {
  const units: Units = {};
  for (const [counter, [unit, side]] of counters) {
    const amount = usage[counter];
    if (amount === undefined || (amount === 0 && unit !== 'text')) continue;
    units[unit] = { ...units[unit], [side]: amount };
  }
  return units;
}
