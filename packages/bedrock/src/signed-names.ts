// Only Bedrock's requests are signed header by header.

/** Names of the signed headers, in lower case. */
export function signedNames(authorization: string | null | undefined): string[] {
  const [, names = ''] = /SignedHeaders=([^,\s]*)/.exec(authorization ?? '') ?? [];
  return names.split(';');
}
