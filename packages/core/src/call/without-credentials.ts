const credential =
  /(^|-)(auth|authorization|cookie2?|secret|signature(-\w+)?|passw(or)?d|credentials?|\w*token|jwt|assertion|session(-id)?|(api-?|(access|account|auth|client|functions|master|private|secret|service|subscription)-)key(-id)?)$/;

/** What authorizes, whatever its header is called: with its scheme, a JSON Web Token, a provider's key. */
const authorization =
  /^(?:(?:bearer|basic|digest|negotiate|token|api-?key|sharedkey|aws4-\S+) |eyJ[\w-]+\.[\w-]+\.|sk-[\w-]{16})/i;

/** @param name - In any case. */
export function isCredential(name: string, value: string): boolean {
  return credential.test(name.toLowerCase()) || authorization.test(value);
}

/** A frozen copy with names in lower case and without headers that carry credentials, cookies or signatures. */
export function withoutCredentials(
  headers: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const kept: Record<string, string> = {};
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (value !== undefined && !isCredential(name, value)) kept[name.toLowerCase()] = value;
  }
  return Object.freeze(kept);
}
