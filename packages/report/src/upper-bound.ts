import type { Units } from './price.ts';

/** Where requests say how many tokens the answer may have at most. */
const maximumPaths = [
  'max_completion_tokens',
  'max_output_tokens',
  'max_tokens',
  'max_new_tokens',
  'max_gen_len',
  'maxTokens',
  'inferenceConfig.maxTokens',
  'inferenceConfig.max_new_tokens',
  'generationConfig.maxOutputTokens',
  'textGenerationConfig.maxTokenCount',
].map((path) => path.split('.'));
/** Where requests ask for several answers. */
const choicePaths = [['n'], ['generationConfig', 'candidateCount']];

/** Text that long without a space is a picture or a file in base64, which has fewer tokens than characters. */
const files = /[A-Za-z0-9+/=_-]{2000,}/g;
const tokensPerFile = 2000;
const charactersPerTokenOfFile = 64;

/**
 * The most that a call can use, by the body of its request. A token has at least one byte, so with one byte per token it is
 * never too little for text.
 *
 * @param body - JSON, as text or bytes.
 * @param bytesPerToken - English text has about 4.
 * @param outputTokens - What a request may use that has no maximum of its own.
 * @returns `undefined` for a body that is neither text nor bytes, or is not JSON.
 */
export function upperBound(body: unknown, bytesPerToken: number, outputTokens: number): Units | undefined {
  const text = body instanceof Uint8Array ? new TextDecoder().decode(body) : body;
  if (typeof text !== 'string') return undefined;
  let request: unknown;
  try {
    request = JSON.parse(text);
  } catch {
    return undefined;
  }
  let sizeBytes = (body instanceof Uint8Array ? body : new TextEncoder().encode(text)).length;
  let input = 0;
  for (const [file] of text.matchAll(files)) {
    sizeBytes -= file.length;
    input += Math.max(tokensPerFile, file.length / charactersPerTokenOfFile);
  }
  input = Math.ceil(input + sizeBytes / bytesPerToken);
  const output = (numberAt(request, maximumPaths) ?? outputTokens) * (numberAt(request, choicePaths) ?? 1);
  return { text: { input, output } };
}

function numberAt(request: unknown, paths: readonly (readonly string[])[]): number | undefined {
  for (const path of paths) {
    const value = path.reduce<unknown>((part, name) => Object(part)[name], request);
    if (typeof value === 'number' && value >= 0) return value;
  }
  return undefined;
}
