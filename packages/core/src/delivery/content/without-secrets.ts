import { mediaPlaceholder } from '../../call/capture.ts';

/** Parts of a text that authorize whoever reads them; what stays of each is its first group. */
const secrets: readonly RegExp[] = [
  // Queries of signed URLs: S3, Google, CloudFront, Azure.
  /([?&](?:x-(?:amz|goog)-(?:signature|credential|security-token)|awsaccesskeyid|signature|sig|key-pair-id|access_token|api[-_]?key)=)[^&\s"'<>\\)\]]+/gi,
  // AWS quotes the request it was to sign when a signature is wrong.
  /(x-amz-security-token:)[^\s\\]+/gi,
  /\b(bearer )[\w.~+/=-]{20,}/gi,
];
const userInfo = /(:\/\/)[^\s/?#@"'\\]+@/g;

/** Members of a body that hold a credential: what OpenAI and Anthropic take for the MCP servers they are to call. */
const secretMember = /^(?:proxy-)?authorization(?:[-_]token)?$|^(?:x-)?api[-_]?key$/i;

/** A text with `<not_instrumented>` in the place of credentials and signatures; user and password of URLs are gone. */
export function withoutSecrets(text: string): string {
  let clean = text.includes('://') ? text.replace(userInfo, '$1') : text;
  for (const secret of secrets) clean = clean.replace(secret, `$1${mediaPlaceholder}`);
  return clean;
}

export function isSecretMember(name: string): boolean {
  return secretMember.test(name);
}
