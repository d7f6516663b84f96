// Only the AWS SDK's middleware has a name and a place.
import type { MiddlewareOptions, NamedMiddleware, RelativeMiddlewareOptions } from './client.ts';

/**
 * Once per call. `initialize` / `high` is as early as middleware can run: all later middleware, the SDK's logger and
 * serializer included, gets a copy of the input without `extraHeaders`.
 */
export const callMiddlewareOptions: MiddlewareOptions = {
  name: 'payiCallMiddleware',
  step: 'initialize',
  priority: 'high',
  tags: ['PAYI'],
  override: true,
};

const signing: NamedMiddleware = { name: 'payiSigningMiddleware', tags: ['PAYI'], override: true };

/** Once per attempt, right before signing, when other middleware has set its headers. */
export const beforeSigner: RelativeMiddlewareOptions = {
  ...signing,
  relation: 'before',
  toMiddleware: 'httpSigningMiddleware',
};

/** Without the SDK's own signer: once per call, after `hostHeaderMiddleware`, which has the same place. */
export const endOfBuild: MiddlewareOptions = { ...signing, step: 'build', priority: 'low' };

/**
 * Once per attempt, around nothing but the transport: `deserialize` / `low` is the innermost place, after signing and
 * inside the retry loop. Headers added here are not signed.
 */
export const attemptMiddlewareOptions: MiddlewareOptions = {
  name: 'payiAttemptMiddleware',
  step: 'deserialize',
  priority: 'low',
  tags: ['PAYI'],
  override: true,
};
