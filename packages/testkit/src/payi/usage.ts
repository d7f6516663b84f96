import { defined } from './usage-json.ts';

/**
 * What one call used. The counters do not overlap: `input` holds neither what was read from nor what was written to
 * a prompt cache, nor audio, nor images; `output` holds neither reasoning, nor audio, nor images. Absent means that
 * the provider did not say.
 */
export interface Usage {
  input?: number;
  output?: number;
  cacheRead?: number;
  /** Written to a cache that lives for the provider's default time. */
  cacheWrite?: number;
  /** Written to a cache that lives for an hour, which is priced apart. */
  cacheWrite1h?: number;
  reasoning?: number;
  inputAudio?: number;
  outputAudio?: number;
  inputImage?: number;
  outputImage?: number;
  /** Searches that the provider itself ran; not tokens. */
  webSearches?: number;
}

/**
 * Amounts by Pay-i's unit name: `text`, `text_cache_read`, `text_cache_write`, `text_cache_write_1h`, `reasoning`,
 * `audio`, `vision` (images that went in), `image` (images that came out), `web_search_request`.
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

/** The inverse of {@link toUnits}. Units that it does not make are left out. */
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
