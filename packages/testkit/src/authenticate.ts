import { createHash, timingSafeEqual } from 'node:crypto';
import { headerValue, type RawRequest } from './sigv4-canonical-request.ts';
import { type SigV4Expectation, verifySigV4 } from './sigv4-verifier.ts';

/** The result of checking a request's `Authorization` header. */
export interface SignatureVerdict {
  /** `none` without the header. */
  scheme: 'sigv4' | 'bearer' | 'none';
  valid: boolean;
  /** Lower-case names, in the order of the signature; empty unless the scheme is `sigv4`. */
  signedHeaders: readonly string[];
  /** The exception that AWS answers with. Only if `valid` is false. */
  errorType?: string;
  /** The message that AWS answers with. Only if `valid` is false. */
  message?: string;
  /** The reason, more precise than AWS's message, e.g. the missing signed header. Only if `valid` is false. */
  reason?: string;
}

export interface AuthenticationOptions extends SigV4Expectation {
  /** The Bedrock API key to accept as `Authorization: Bearer …`. */
  bearerToken: string;
}

/** Checks the signature or the bearer token of a request. */
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

/** Texts of different lengths cannot be compared in constant time, but their hashes can. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
