// Only Anthropic's middleware takes headers off before a platform client signs.

/** Removes headers from a request and returns them. */
export function takeHeaders(headers: Headers, isWanted: (name: string) => boolean): Record<string, string> {
  const taken: Record<string, string> = {};
  for (const name of [...headers.keys()]) {
    if (!isWanted(name)) continue;
    taken[name] = headers.get(name) as string;
    headers.delete(name);
  }
  return taken;
}
