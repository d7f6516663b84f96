// Only Anthropic's middleware takes headers off before a platform client signs.

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
