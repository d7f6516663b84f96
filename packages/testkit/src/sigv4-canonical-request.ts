import { createHash } from 'node:crypto';
import type { HeaderList } from './header-list.ts';

/** A request as received, before any decoding. */
export interface RawRequest {
  method: string;
  /** The path with its percent-encoding untouched, without the query. */
  path: string;
  /** The query without its `?`, with its percent-encoding untouched; `''` without a query. */
  query: string;
  headers: HeaderList;
  body: Uint8Array;
}

/**
 * The text that a SigV4 signature covers.
 *
 * @param signedHeaders - Lower-case names in the order of the `Authorization` header; each must be present.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function canonicalRequest(request: RawRequest, signedHeaders: readonly string[]): string {
  const headerLines = signedHeaders.map((name) => `${name}:${headerValue(request.headers, name) ?? ''}\n`);
  return [
    request.method,
    canonicalPath(request.path),
    canonicalQuery(request.query),
    headerLines.join(''),
    signedHeaders.join(';'),
    sha256(request.body),
  ].join('\n');
}

/**
 * A header's value as SigV4 normalises it: repeated headers are joined with `,`, outer blanks are removed, and each
 * inner run of blanks, also within quotes, becomes one blank.
 *
 * The name `host` also finds `:authority`, which replaces it in HTTP/2 (RFC 9113, section 8.3.1). The reverse does not
 * hold: an HTTP/1.1 request has no `:authority`, so a signature that covers `:authority` fails over HTTP/1.1.
 *
 * @returns `undefined` without the header.
 */
export function headerValue(headers: HeaderList, name: string): string | undefined {
  const values = headers
    .filter(([candidate]) => candidate.toLowerCase() === name)
    .map(([, value]) => value.replace(/\s+/g, ' ').trim());
  if (values.length > 0) return values.join(',');
  return name === 'host' ? headerValue(headers, ':authority') : undefined;
}

/** Lower-case hexadecimal. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** Every service but S3 encodes the path a second time: `%3A` on the wire is `%253A` here. */
function canonicalPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(encode(Buffer.from(segment)));
  }
  const trailingSlash = segments.length > 0 && path.endsWith('/') ? '/' : '';
  return `/${segments.join('/')}${trailingSlash}`;
}

function canonicalQuery(query: string): string {
  if (query === '') return '';
  const pairs = query.split('&').map((pair): [string, string] => {
    const separator = pair.indexOf('=');
    const [name, value] = separator < 0 ? [pair, ''] : [pair.slice(0, separator), pair.slice(separator + 1)];
    return [encode(decode(name)), encode(decode(value))];
  });
  pairs.sort(([a, x], [b, y]) => compare(a, b) || compare(x, y));
  return pairs.map(([name, value]) => `${name}=${value}`).join('&');
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Percent-encodes every byte outside the unreserved set of RFC 3986, in upper-case hexadecimal. */
function encode(bytes: Buffer): string {
  let encoded = '';
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    encoded += /[\w.~-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

/** Percent-decodes to bytes, which need not be UTF-8. A `%` that does not begin an escape is kept. */
function decode(text: string): Buffer {
  const parts = text.split(/%([0-9a-fA-F]{2})/);
  return Buffer.concat(parts.map((part, index) => Buffer.from(part, index % 2 === 0 ? 'utf8' : 'hex')));
}
