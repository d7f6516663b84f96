/**
 * What the adapters share, except what only their calls need: that is in `@payi/core/calls`. For their authors; applications
 * need only the root entry.
 *
 * Any minor release may change it, a patch release never does. A package that imports it depends on one minor version of
 * `@payi/core` (`~1.2.0`), so that it never meets a later one.
 *
 * Some exports are also in the root entry. An adapter imports them here, so that it does not load `createPayi()`.
 *
 * @module
 */

export type { Category } from './annotations/categories.ts';
export { isPlainObject } from './annotations/check-properties.ts';
export { headerNames, isPayiHeader } from './annotations/header-names.ts';
export { headersAreUsed, watchHeaders } from './annotations/unused-headers.ts';
export type { AnnotatedRequest, AttemptCallbacks, ObservedResponse } from './call/callbacks.ts';
export { copyClient } from './call/copy-client.ts';
export { LazyModule, type WithLoaded } from './call/lazy-module.ts';
export { type Registration, registrations, registrationsOf } from './call/registrations.ts';
export { acceptScore, type KpiScore } from './delivery/accept-score.ts';
export {
  ConfigurationError,
  InvalidAnnotationError,
  isPayiError,
  UnregisteredOperationError,
  UnsupportedClientError,
} from './errors.ts';
export type { FetchSettings } from './http/attempt.ts';
export { type ClientOptions, clientOptions } from './http/client-options.ts';
export { lazyFetch, withMembers } from './http/lazy-fetch.ts';
export { decodeText, fromEnvironment, joinBytes, keepRecent, later, processWide } from './runtime.ts';
export { isCredential, withoutSecrets } from './secrets/secrets.ts';
export type { AbandonPolicy } from './settings/abandon.ts';
export {
  type AdapterOptions,
  type AdapterSettings,
  agreesWith,
  resolveOptions,
} from './settings/resolve-options.ts';
export {
  addressHint,
  isAtPayi,
  isDisabled,
  isUnencrypted,
  type ResolvedPayi,
  resolvePayi,
} from './settings/resolved-payi.ts';
export { parseRetryAfter } from './web.ts';
