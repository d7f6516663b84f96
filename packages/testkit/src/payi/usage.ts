import { defined } from './usage-json.ts';

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
  inputImage?: number;
  outputImage?: number;
  /** Searches that the provider ran. Not a count of tokens. */
  webSearches?: number;
}

/**
 * Amounts by Pay-i's unit name: `text`, `text_cache_read`, `text_cache_write`, `text_cache_write_1h`, `reasoning`,
 * `audio`, `vision` (input images), `image` (output images), `web_search_request`.
 */
export type Units = Record<string, { input?: number; output?: number }>;

/** @returns `{}` when nothing is known. Units other than `text` appear only when they were used. */
export function toUnits(usage: Usage): Units {
  const units: Units = {};
  const { input, output, cacheRead, cacheWrite, cacheWrite1h, reasoning, webSearches } = usage;
  const { inputAudio, outputAudio, inputImage, outputImage } = usage;
  if (input !== undefined || output !== undefined) units.text = defined({ input, output });
  if (cacheRead) units.text_cache_read = { input: cacheRead };
  if (cacheWrite) units.text_cache_write = { input: cacheWrite };
  if (cacheWrite1h) units.text_cache_write_1h = { input: cacheWrite1h };
  if (reasoning) units.reasoning = { output: reasoning };
  if (inputAudio || outputAudio) {
    units.audio = { ...(inputAudio && { input: inputAudio }), ...(outputAudio && { output: outputAudio }) };
  }
  if (inputImage) units.vision = { input: inputImage };
  if (outputImage) units.image = { output: outputImage };
  if (webSearches) units.web_search_request = { output: webSearches };
  return units;
}

/** The inverse of {@link toUnits}. Other units are left out. */
export function fromUnits(units: Readonly<Units>): Usage {
  return defined({
    input: units.text?.input,
    output: units.text?.output,
    cacheRead: units.text_cache_read?.input,
    cacheWrite: units.text_cache_write?.input,
    cacheWrite1h: units.text_cache_write_1h?.input,
    reasoning: units.reasoning?.output,
    inputAudio: units.audio?.input,
    outputAudio: units.audio?.output,
    inputImage: units.vision?.input,
    outputImage: units.image?.output,
    webSearches: units.web_search_request?.output,
  });
}
