export type { Annotations, Properties } from './annotations.ts';
// What follows is for the authors of adapters. It may change in any minor release.
export {
  type AnnotatedRequest,
  type AttemptCallbacks,
  type ObservedResponse,
  runCallback,
  withoutCredentials,
} from './callbacks.ts';
export { categories } from './categories.ts';
export { createHeaders } from './create-headers.ts';
export {
  createPayi,
  type Payi,
  type PayiOptions,
  type ResolvedPayi,
  type Route,
  resolvePayi,
} from './create-payi.ts';
export type { Diagnostic, DiagnosticCode, OnDiagnostic } from './diagnostics.ts';
export {
  ConfigurationError,
  HeaderEncodingError,
  InvalidAnnotationError,
  isPayiError,
  PayiError,
  type PayiErrorCode,
  UnregisteredOperationError,
  UnsupportedClientError,
} from './errors.ts';
export { headerNames } from './header-names.ts';
export { checkHeaderValue, checkTotal, headerBudget, wireLength } from './header-value.ts';
export { isLimitReached } from './limit-reached.ts';
export { mergeAnnotations } from './merge-annotations.ts';
export { canonicalHeaderName, mergeHeaders, setInAnyCase } from './merge-headers.ts';
export { type HeadersLike, parseHeaders } from './parse-headers.ts';
export { type ResourceScope, resourceScopes } from './resource-scopes.ts';
