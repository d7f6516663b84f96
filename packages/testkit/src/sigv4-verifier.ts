import { createHmac, timingSafeEqual } from 'node:crypto';
import { canonicalRequest, headerValue, type RawRequest, sha256 } from './sigv4-canonical-request.ts';

/** An AWS key pair, in the shape of the AWS SDK's `credentials` option. */
export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** Present for temporary credentials; requests must then carry it as `x-amz-security-token`. */
  sessionToken?: string;
}

/** The values that a valid signature is made with. */
export interface SigV4Expectation {
  credentials: AwsCredentials;
  region: string;
  /** The service's signing name, e.g. `bedrock`. */
  service: string;
  /** The time at which the request arrived. */
  now: Date;
  /** Values of `host` (or `:authority`) to accept. Without the list, any signed value is accepted. */
  hosts?: readonly string[];
}

/** The refusal of a request. AWS answers each with status 403. */
export interface SigV4Refusal {
  valid: false;
  /** The exception's name as Bedrock gives it in `x-amzn-errortype`. */
  errorType:
    | 'InvalidSignatureException'
    | 'IncompleteSignatureException'
    | 'MissingAuthenticationTokenException'
    | 'UnrecognizedClientException';
  /** The message as AWS words it. */
  message: string;
  /** The reason as far as it can be determined. AWS states less. */
  reason: string;
  /** Lower-case, in the order of the `Authorization` header; empty if that header could not be parsed. */
  signedHeaders: readonly string[];
}

export interface SigV4Acceptance {
  valid: true;
  signedHeaders: readonly string[];
}

/**
 * Checks an AWS Signature Version 4 in the `Authorization` header as AWS does, from the request as received and
 * without AWS code. The checks run in AWS's order, so the same error is reported first.
 *
 * Signatures in the query ("presigned") and chunked payload signatures are not supported.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
 */
export function verifySigV4(request: RawRequest, expected: SigV4Expectation): SigV4Acceptance | SigV4Refusal {
  const header = headerValue(request.headers, 'authorization');
  if (header === undefined) {
    return refuse('MissingAuthenticationTokenException', 'Missing Authentication Token', {
      reason: 'there is no authorization header',
    });
  }
  const timestamp = headerValue(request.headers, 'x-amz-date');
  const authorization = parseAuthorization(header);
  const incomplete = [...authorization.problems];
  if (timestamp === undefined) {
    incomplete.push("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
  }
  if (incomplete.length > 0 || timestamp === undefined) {
    // AWS quotes a hash of the header instead of the header, so that the message can be logged.
    const message = `${incomplete.join(' ')} (Hashed with SHA-256 and encoded with Base64) Authorization=${Buffer.from(sha256(header), 'hex').toString('base64')}`;
    return refuse('IncompleteSignatureException', message, { reason: incomplete.join(' ') });
  }

  const { scope, signedHeaders } = authorization;
  const invalid = (message: string, reason: string = message): SigV4Refusal =>
    refuse('InvalidSignatureException', message, { reason, signedHeaders });

  if (!signedHeaders.includes('host') && !signedHeaders.includes(':authority')) {
    return invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  }
  if (scope.region !== expected.region) return invalid('Credential should be scoped to a valid region.');
  if (scope.service !== expected.service) {
    return invalid(`Credential should be scoped to correct service: '${expected.service}'.`);
  }
  if (scope.terminator !== 'aws4_request') {
    return invalid("Credential should be scoped with a valid terminator: 'aws4_request'.");
  }
  const signedAt = parseTimestamp(timestamp);
  if (signedAt === undefined || scope.date !== timestamp.slice(0, 8)) {
    return invalid(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${scope.date}' != '${timestamp.slice(0, 8)}', from '${timestamp}'.`,
    );
  }
  const skew = describeSkew(signedAt, expected.now);
  if (skew !== undefined) return invalid(skew);

  const unrecognized = (reason: string): SigV4Refusal =>
    refuse('UnrecognizedClientException', 'The security token included in the request is invalid.', {
      reason,
      signedHeaders,
    });
  if (scope.accessKeyId !== expected.credentials.accessKeyId) {
    return unrecognized(`the access key ${scope.accessKeyId} is unknown`);
  }
  const token = headerValue(request.headers, 'x-amz-security-token');
  if (token !== expected.credentials.sessionToken) {
    if (token === undefined) return unrecognized('x-amz-security-token is missing');
    return unrecognized('x-amz-security-token is not the one that belongs to the access key');
  }

  const mismatch = findMismatch(request, expected, { ...authorization, timestamp });
  return mismatch === undefined ? { valid: true, signedHeaders } : invalid(mismatchMessage, mismatch);
}

const mismatchMessage =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';

/** Finds the part of a request that does not match the signature. AWS only compares signatures. */
function findMismatch(
  request: RawRequest,
  expected: SigV4Expectation,
  authorization: Authorization & { timestamp: string },
): string | undefined {
  const { signedHeaders, timestamp } = authorization;
  for (const [index, name] of signedHeaders.entries()) {
    if (headerValue(request.headers, name) === undefined) return `the signed header ${name} is missing`;
    if (index > 0 && name <= (signedHeaders[index - 1] as string)) return 'SignedHeaders are not sorted';
  }
  const host = headerValue(request.headers, 'host') ?? '';
  if (expected.hosts !== undefined && !expected.hosts.includes(host)) {
    return `the request is for the host ${host}, not for ${expected.hosts.join(' or ')}`;
  }
  const claimedHash = headerValue(request.headers, 'x-amz-content-sha256');
  if (claimedHash !== undefined && claimedHash !== sha256(request.body)) {
    return 'x-amz-content-sha256 is not the SHA-256 of the body';
  }
  const { date, region, service, terminator } = authorization.scope;
  const stringToSign = [
    'AWS4-HMAC-SHA256',
    timestamp,
    `${date}/${region}/${service}/${terminator}`,
    sha256(canonicalRequest(request, signedHeaders)),
  ].join('\n');
  let key: Buffer = Buffer.from(`AWS4${expected.credentials.secretAccessKey}`);
  for (const part of [date, region, service, terminator, stringToSign]) key = hmac(key, part);
  // As text: decoding hexadecimal would ignore whatever follows it.
  const [given, wanted] = [Buffer.from(authorization.signature), Buffer.from(key.toString('hex'))];
  if (given.length === wanted.length && timingSafeEqual(given, wanted)) return undefined;
  return 'the signature does not match the method, path, query, signed headers and body received';
}

interface Authorization {
  scope: { accessKeyId: string; date: string; region: string; service: string; terminator: string };
  signedHeaders: readonly string[];
  signature: string;
  /** One message for each part that is missing or wrong. Those for missing parts are AWS's. */
  problems: readonly string[];
}

/** Parses `AWS4-HMAC-SHA256 Credential=<key>/<date>/<region>/<service>/aws4_request, SignedHeaders=…, Signature=…`. */
function parseAuthorization(header: string): Authorization {
  const problems: string[] = [];
  const fields = new Map<string, string>();
  const [, list = ''] = /^AWS4-HMAC-SHA256 +(.*)$/.exec(header) ?? [];
  for (const pair of list.split(',')) {
    const [, name, value = ''] = /^ *([^=]+)=(.*?) *$/.exec(pair) ?? [];
    if (name === undefined || !required.includes(name) || fields.has(name) || value.includes(' ')) {
      // AWS quotes the pair, which may hold a secret.
      if (list !== '') problems.push('Authorization header holds an invalid or repeated key=value pair.');
    } else fields.set(name, value);
  }
  const [credential = '', signature = '', signedHeaders = ''] = required.map((name) => fields.get(name));
  const [terminator = '', service = '', region = '', date = '', ...accessKeyId] = credential
    .split('/')
    .reverse();
  for (const name of required) {
    if (fields.get(name) && (name !== 'Credential' || accessKeyId.length > 0)) continue;
    problems.push(`Authorization header requires '${name}' parameter.`);
  }
  return {
    scope: { accessKeyId: accessKeyId.reverse().join('/'), date, region, service, terminator },
    signedHeaders: signedHeaders.split(';'),
    signature,
    problems,
  };
}

const required: readonly string[] = ['Credential', 'Signature', 'SignedHeaders'];

/** The largest accepted difference between a request's clock and the server's. */
const toleranceMs = 5 * 60 * 1000;

function describeSkew(signedAt: Date, now: Date): string | undefined {
  const earliest = new Date(now.getTime() - toleranceMs);
  const latest = new Date(now.getTime() + toleranceMs);
  if (signedAt < earliest) {
    return `Signature expired: ${formatTimestamp(signedAt)} is now earlier than ${formatTimestamp(earliest)} (${formatTimestamp(now)} - 5 min.)`;
  }
  if (signedAt > latest) {
    return `Signature not yet current: ${formatTimestamp(signedAt)} is still later than ${formatTimestamp(latest)} (${formatTimestamp(now)} + 5 min.)`;
  }
  return undefined;
}

/** Parses the basic form of ISO 8601, e.g. `20150830T123600Z`. */
function parseTimestamp(timestamp: string): Date | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(timestamp);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  // The 30th of February would become the 2nd of March.
  return !Number.isNaN(date.getTime()) && formatTimestamp(date) === timestamp ? date : undefined;
}

function formatTimestamp(date: Date): string {
  return date.toISOString().replace(/[-:]|\.\d+/g, '');
}

function hmac(key: Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

function refuse(
  errorType: SigV4Refusal['errorType'],
  message: string,
  details: { reason: string; signedHeaders?: readonly string[] },
): SigV4Refusal {
  return { valid: false, errorType, message, signedHeaders: [], ...details };
}
