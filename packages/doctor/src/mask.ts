import { isCredential, isPlainObject, withoutSecrets } from '@payi/core/adapter';

const hidden = '…';
/**
 * A copy of request headers that may be printed: keys, tokens, cookies and signatures are `…`. Of `authorization` the
 * scheme stays, and of an AWS signature the names of what is signed.
 */
export function maskHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const masked: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    masked[name] = isCredential(name, value) ? maskCredential(value) : maskText(value);
  }
  return masked;
}

function maskCredential(value: string): string {
  const [, names] = /SignedHeaders=([^,\s]+)/.exec(value) ?? [];
  if (names !== undefined) {
    return `AWS4-HMAC-SHA256 Credential=${hidden}, SignedHeaders=${names}, Signature=${hidden}`;
  }
  const [, scheme] = /^(Bearer|Basic) /i.exec(value) ?? [];
  return scheme === undefined ? hidden : `${scheme} ${hidden}`;
}

function maskText(text: string, secrets: readonly string[] = []): string {
  let masked = text;
  for (const secret of secrets) masked = masked.replaceAll(secret, hidden);
  return withoutSecrets(masked, hidden);
}

/**
 * A copy without secrets in any of its texts: the last thing that happens to a report, so that no message of another
 * library brings one into it.
 *
 * @param secrets - Values to take out wherever they stand, besides what looks like a key.
 */
export function maskReport<Value>(value: Value, secrets: readonly string[]): Value {
  // Longest first: one may be part of another.
  const ordered = secrets.filter((secret) => secret.length >= 4).sort((a, b) => b.length - a.length);
  const visit = (node: unknown): unknown => {
    if (typeof node === 'string') return maskText(node, ordered);
    if (Array.isArray(node)) return node.map(visit);
    if (!isPlainObject(node)) return node;
    return Object.fromEntries(
      Object.entries(node).map(([name, member]) => [maskText(name, ordered), visit(member)]),
    );
  };
  return visit(value) as Value;
}

const secretVariable = /(?:^|_)(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?|AUTH)(?:_|$)/i;

/**
 * The values of environment variables whose names say that they hold secrets. Short ones are left out: they are words,
 * like `enabled`, more often than secrets, and would take those words out of everything.
 */
export function secretsOf(environment: NodeJS.ProcessEnv): string[] {
  return Object.entries(environment).flatMap(([name, value]) =>
    value !== undefined && value.length >= 8 && secretVariable.test(name) ? [value, value.trim()] : [],
  );
}
