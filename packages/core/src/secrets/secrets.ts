/** What stands for a secret, and for inline media. Pay-i's own clients say so. */
export const placeholder = '<not_instrumented>';

/** A function, so that a bundler can leave it out. */
function createPatterns(): Record<'keys' | 'member' | 'header', RegExp> & {
  readonly secrets: readonly RegExp[];
} {
  /** Ends of names that hold secrets wherever they occur: headers, JSON, queries, settings. */
  const names =
    'authorization(?:[-_]?token)?|passw(?:or)?d|passphrase|secret|credentials?|' +
    '(?:access|auth|bearer|id|refresh|security|session)[-_]?token|' +
    '(?:api|access|account|auth|client|functions|master|private|secret|service|subscription)[-_ ]?key(?:[-_]?id)?';

  /**
   * Keys that are recognized by how they begin. The first kind has a digit somewhere, unlike words with hyphens; the second
   * is one long word.
   *
   * @see https://github.com/gitleaks/gitleaks/blob/master/config/gitleaks.toml
   */
  const key =
    '(?:(?:c?sk-|[sr]k_|nvapi-|xai-|tvly-|lsv2_|pcsk_|phx_|glpat-|github_pat_|tgp_|bedrock-api-key-|xox[a-z]-|sess-|' +
    'GOCSPX-|SG\\.|ya29\\.|AIza|AQ\\.)(?=[\\w-]{0,99}\\d)[\\w-]{16,}(?:\\.[\\w-]+)*|' +
    '(?:gsk_|hf_|r8_|fw_|gh[a-z]_|npm_|jina_|dapi|pplx-|vck_|ABSK)[A-Za-z\\d+/]{20,}=*|' +
    'sk-[A-Za-z\\d]{16,}|A(?:KIA|SIA|BIA|CCA)[A-Z\\d]{12,}|pa-[\\w-]{40,}|[\\da-f]{32}\\.[A-Za-z\\d]{16}|' +
    'eyJ[\\w-]{6,600}\\.[\\w-]{6,}(?:\\.[\\w-]*){0,3})';
  const keys = new RegExp(`()\\b${key}`, 'g');

  const quotes = '["\'\\\\]{0,9}';
  const assigned = `${quotes}(?: provided| is)?\\s{0,3}[:=]\\s{0,3}${quotes}`;

  /** Match secrets in a text, each in a time that grows with its length and no faster. The first group stays. */
  const secrets = [
    /()-----BEGIN [A-Z ]{0,30}PRIVATE KEY[A-Z ]{0,9}-----[\s\S]*?(?:-----END [A-Z ]{0,50}-----|$)/g,
    keys,
    // After an escaped line end, as in JSON. With the one above, it would take three times as long.
    new RegExp(`(\\\\[nrt])${key}`, 'g'),
    // User and password of a URL.
    /(:\/\/)[^\s/?#"'\\<>]+(?=@)/g,
    // Queries of URLs, signed ones of S3, Google, CloudFront and Azure among them.
    new RegExp(
      `([?&](?:[\\w.-]{0,40}?(?:${names}|token|signature)|key|sig|code|key-pair-id)=)[^&#\\s"'<>\\\\)\\]]+`,
      'gi',
    ),
    // After a scheme: anything with a digit, `=` or a capital inside, unlike a word.
    /((?:[Bb]earer|BEARER|[Bb]asic|BASIC) )(?=[\w.~+/-]{0,199}(?:[\d=]|[a-z][A-Z]))[\w.~+/-]{6,}=*/g,
    new RegExp(`((?:set-)?cookie2?${assigned})[^\\s=;"'\\\\]{1,99}=[^\\r\\n"'\\\\]+`, 'gi'),
    // A name and its value, in any notation.
    new RegExp(
      `((?:${names}|signature)${assigned}(?:[a-z-]{1,20} )?)(?=[^\\s"'\\\\,;&<>]{0,199}\\d)[^\\s"'\\\\,;&<>]{6,}`,
      'gi',
    ),
  ];
  return {
    keys,
    secrets,
    member: new RegExp(`(?:${names})$`, 'i'),
    header: new RegExp(
      `(?:^|-)(?:${names}|auth|cookie2?|signature(-\\w+)?|\\w*token|jwt|assertion|session(-id)?)$`,
      'i',
    ),
  };
}

const patterns: ReturnType<typeof createPatterns> = /* @__PURE__ */ createPatterns();

/** Replaces keys, tokens, passwords, cookies, signatures and the user information of URLs in a text. */
export function withoutSecrets(text: string, hidden: string = placeholder): string {
  let clean = text;
  for (const secret of patterns.secrets) {
    // Most texts have none, and searching takes a fifth of the time.
    if (clean.search(secret) >= 0) clean = clean.replace(secret, `$1${hidden}`);
  }
  return clean;
}

/** Whether a member of JSON of that name holds a secret, whatever its value looks like. */
export function isSecretMember(name: string): boolean {
  return patterns.member.test(name);
}

const scheme = /^(?:bearer|basic|digest|negotiate|token|api-?key|sharedkey|aws4-\S+) /i;

/** Whether a header authorizes, by its name or by its value. */
export function isCredential(name: string, value: string): boolean {
  return patterns.header.test(name) || scheme.test(value) || value.search(patterns.keys) >= 0;
}

/** A frozen copy with names in lower case, without headers that carry credentials, and without secrets in the others. */
export function withoutCredentials(
  headers: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const kept: Record<string, string> = {};
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (value === undefined) continue;
    // The AWS SDK has headers whose values are numbers.
    const text = String(value);
    if (!isCredential(name, text)) kept[name.toLowerCase()] = withoutSecrets(text);
  }
  return Object.freeze(kept);
}

/**
 * An error as a diagnostic may hold it: the same object, or, if its text has a secret, one that inherits from it and has
 * the text without. The same for the errors that it wraps.
 */
export function errorWithoutSecrets(error: unknown, depth = 5): unknown {
  if (typeof error === 'string') return withoutSecrets(error);
  if (typeof error !== 'object' || error === null || depth === 0) return error;
  const clean: PropertyDescriptorMap = {};
  try {
    for (const name of ['message', 'stack', 'cause'] as const) {
      const given = (error as Record<string, unknown>)[name];
      const value =
        name === 'cause' ? errorWithoutSecrets(given, depth - 1) : withoutSecrets(String(given ?? ''));
      if (given !== undefined && value !== given) clean[name] = { value, configurable: true, writable: true };
    }
    return Object.keys(clean).length > 0 ? Object.create(error, clean) : error;
  } catch {
    return error; // a getter threw
  }
}
