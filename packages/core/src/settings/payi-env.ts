import type { Annotations } from '../annotations/annotations.ts';
import { createHeaders } from '../annotations/create-headers.ts';
import { headerNames } from '../annotations/header-names.ts';
import { mergeAnnotations } from '../annotations/merge-annotations.ts';
import { ConfigurationError } from '../errors.ts';
import type { Payi } from './payi.ts';
import { isDisabled, resolvePayi } from './resolved-payi.ts';

/**
 * The environment for a program that you start and whose calls cannot be annotated from inside: a command-line tool, or the
 * Claude Agent SDK, which starts one. The SDKs of Anthropic and OpenAI read these variables, so any program does that is
 * built on them and does not set its own address.
 *
 * On route `proxy`, calls go to Pay-i with its key and the annotations; on route `headers`, only the annotations are added.
 * Other programs that you start with this environment can read the key.
 *
 * @param annotations - Of every call of the program. The defaults of `payi` lie below them.
 * @param options.payi - @default `createPayi()`: route `proxy`, key and base URL from the environment
 * @returns `ANTHROPIC_CUSTOM_HEADERS`, `OPENAI_CUSTOM_HEADERS`; on route `proxy` also `ANTHROPIC_BASE_URL` and
 *   `OPENAI_BASE_URL`.
 * @throws `InvalidAnnotationError` or `HeaderEncodingError` from the annotations; `ConfigurationError` on route `direct`,
 *   where annotations do not travel with calls, and without a key on route `proxy`.
 * @example
 * ```ts
 * const env = { ...process.env, ...payiEnv({ useCaseName: 'code_review', userId: 'u-42' }) };
 * spawn('claude', ['-p', 'Review this change'], { env });
 * ```
 */
export function payiEnv(
  annotations: Annotations,
  options: { readonly payi?: Payi | undefined } = {},
): Record<string, string> {
  if (isDisabled(options)) return {};
  const { route, baseUrl, defaults, apiKey } = resolvePayi(options.payi);
  if (route === 'direct') {
    throw new ConfigurationError(
      "payiEnv() cannot take route 'direct': a program that you start reports nothing. Use route 'proxy' or 'headers'.",
    );
  }
  const headers: Record<string, string> = createHeaders(mergeAnnotations(defaults, annotations));
  if (route === 'proxy') headers[headerNames.apiKey] = apiKey();
  const lines = Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n');
  return {
    ANTHROPIC_CUSTOM_HEADERS: lines,
    OPENAI_CUSTOM_HEADERS: lines,
    ...(route === 'proxy' && {
      ANTHROPIC_BASE_URL: `${baseUrl}/api/v1/proxy/anthropic`,
      OPENAI_BASE_URL: `${baseUrl}/api/v1/proxy/openai/v1`,
    }),
  };
}
