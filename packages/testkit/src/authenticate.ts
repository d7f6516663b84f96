import { createHash, timingSafeEqual } from 'node:crypto';
import { headerValue, type RawRequest } from './sigv4-canonical-request.ts';
import { type SigV4Expectation, verifySigV4 } from './sigv4-verifier.ts';

/** What the local Bedrock thinks of a request's `Authorization` header. */
export interface SignatureVerdict {
  /** `none` when there is no such header. */
  scheme: 'sigv4' | 'bearer' | 'none';
  valid: boolean;
  /** Lower-case names, in the order of the signature; empty unless the scheme is `sigv4`. */
  signedHeaders: readonly string[];
  /** The exception AWS answers with, when not valid. */
  errorType?: string;
  /** The message AWS answers with, when not valid. */
  message?: string;
  /** What is wrong, when not valid: names a missing signed header, for example, which AWS does not. */
  reason?: string;
}

export interface AuthenticationOptions extends SigV4Expectation {
  /** The Bedrock API key to accept as `Authorization: Bearer …`. */
  bearerToken: string;
}

/** Judges a request by its signature or its bearer token. */
export function authenticate(request: RawRequest, options: AuthenticationOptions): SignatureVerdict {
  const authorization = headerValue(request.headers, 'authorization');
  const [, token] = /^bearer (.+)$/i.exec(authorization ?? '') ?? [];
  if (token !== undefined) return checkBearerToken(token, options.bearerToken);
  return {
    scheme: authorization === undefined ? 'none' : 'sigv4',
    ...verifySigV4(request, options),
  };
}

function checkBearerToken(token: string, expected: string): SignatureVerdict {
  const verdict = { scheme: 'bearer' as const, signedHeaders: [] };
  if (timingSafeEqual(digest(token), digest(expected))) return { ...verdict, valid: true };
  return {
    ...verdict,
    valid: false,
    errorType: 'AccessDeniedException',
    message: 'Authentication failed: Please make sure your API Key is valid.',
    reason: 'the bearer token is not the one this server was started with',
  };
}

/** Two texts of different length cannot be compared in constant time; their hashes can. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
