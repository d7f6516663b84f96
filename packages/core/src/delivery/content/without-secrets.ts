import { mediaPlaceholder } from '../../call/capture.ts';

/** Match credentials in a text. The first group stays. */
const secrets: readonly RegExp[] = [
  // Queries of signed URLs: S3, Google, CloudFront, Azure.
  /([?&](?:x-(?:amz|goog)-(?:signature|credential|security-token)|awsaccesskeyid|signature|sig|key-pair-id|access_token|api[-_]?key)=)[^&\s"'<>\\)\]]+/gi,
  // AWS quotes the canonical request when a signature is wrong.
  /(x-amz-security-token:)[^\s\\]+/gi,
  /\b(bearer )[\w.~+/=-]{20,}/gi,
];
const userInfo = /(:\/\/)[^\s/?#@"'\\]+@/g;

/** Members that hold credentials of MCP servers, which OpenAI and Anthropic call. */
const secretMember = /^(?:proxy-)?authorization(?:[-_]token)?$|^(?:x-)?api[-_]?key$/i;

/** Replaces credentials and signatures by `<not_instrumented>`, and removes user and password from URLs. */
export function withoutSecrets(text: string): string {
  let clean = text.includes('://') ? text.replace(userInfo, '$1') : text;
  for (const secret of secrets) clean = clean.replace(secret, `$1${mediaPlaceholder}`);
  return clean;
}

export function isSecretMember(name: string): boolean {
  return secretMember.test(name);
}
