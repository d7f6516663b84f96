// Only the AWS SDK is extended by middleware in three places: around the call, before the signer, around the transport.
import { LazyModule, type ResolvedPayi } from '@payi/core/adapter';
import type { Registration } from './call.ts';
import { callOf } from './carried-call.ts';
import type { BedrockClient, Middleware } from './client.ts';
import {
  attemptMiddlewareOptions,
  beforeSigner,
  callMiddlewareOptions,
  endOfBuild,
} from './middleware-options.ts';

/** The handlers of the middleware, which only calls need. */
export const handlers: LazyModule<typeof import('./call-middleware.ts')> = /* @__PURE__ */ new LazyModule(
  () => import('./call-middleware.ts'),
);

export function addMiddleware(
  { middlewareStack }: BedrockClient,
  registrations: ReadonlySet<Registration>,
  { report }: ResolvedPayi,
): void {
  const withHandlers = handlers.prepare((loaded) => loaded, report);
  const aroundCall: Middleware = (next, context) => (args) => {
    // Registrations may change while the call waits.
    const inForce = [...registrations];
    return withHandlers(
      ({ handleCall }) => handleCall(inForce, next, context, args),
      () => next(args),
    );
  };
  /** For requests of observed calls. The handlers are loaded by then: `aroundCall` waited for them. */
  const within =
    (name: 'handleSigning' | 'handleAttempt'): Middleware =>
    (next) =>
    (args) => {
      const call = callOf(args);
      if (call === undefined) return next(args);
      return withHandlers(
        (loaded) => loaded[name](call, next, args),
        () => next(args),
      );
    };
  const hasSigner = middlewareStack.identify().some((line) => line.startsWith(beforeSigner.toMiddleware));
  middlewareStack.add(aroundCall, callMiddlewareOptions);
  if (hasSigner) middlewareStack.addRelativeTo(within('handleSigning'), beforeSigner);
  else middlewareStack.add(within('handleSigning'), endOfBuild);
  middlewareStack.add(within('handleAttempt'), attemptMiddlewareOptions);
}

export function removeMiddleware({ middlewareStack }: BedrockClient): void {
  for (const { name } of [callMiddlewareOptions, beforeSigner, attemptMiddlewareOptions]) {
    middlewareStack.remove(name);
  }
}
