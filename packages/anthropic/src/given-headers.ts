// Only Anthropic's middleware takes headers off before a platform client signs.
import { annotationHeaderNames } from '@payi/core/adapter';

/**
 * The annotations that the caller gave to a request, with the call or as default headers of the client.
 *
 * Asks for each name, because a walk through all headers of a request costs more than everything else here.
 */
export function givenAnnotations(headers: Headers): Record<string, string> | undefined {
  let given: Record<string, string> | undefined;
  for (const name of annotationHeaderNames) {
    if (!headers.has(name)) continue;
    given ??= {};
    given[name] = headers.get(name) as string;
  }
  return given;
}

/** Takes headers off a request and gives them back. */
export function takeHeaders(headers: Headers, isWanted: (name: string) => boolean): Record<string, string> {
  const taken: Record<string, string> = {};
  for (const name of [...headers.keys()]) {
    if (!isWanted(name)) continue;
    taken[name] = headers.get(name) as string;
    headers.delete(name);
  }
  return taken;
}

/** Is it one of Pay-i's, an annotation or not? */
export function isPayiHeader(name: string): boolean {
  return name.startsWith('xproxy-');
}
