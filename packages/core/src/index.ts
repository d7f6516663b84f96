/**
 * Annotations and their headers, the settings that all adapters share, receipts and errors. Has no dependency and runs
 * anywhere.
 *
 * @module
 */
export type { Annotations, Properties } from './annotations/annotations.ts';
export { categories } from './annotations/categories.ts';
export { createHeaders } from './annotations/create-headers.ts';
export { headerNames } from './annotations/header-names.ts';
export { headerBudget } from './annotations/header-value.ts';
export type { InvalidAnnotations } from './annotations/mend-annotations.ts';
export { mergeAnnotations } from './annotations/merge-annotations.ts';
export { type HeadersLike, parseHeaders } from './annotations/parse-headers.ts';
export { type ResourceScope, resourceScopes } from './annotations/resource-scopes.ts';
export type { AnnotatedRequest, ObservedResponse } from './call/callbacks.ts';
export { isLimitReached, type LimitReachedError } from './call/limit-reached.ts';
export { isPayiUnavailable, type PayiUnavailableError } from './call/payi-unavailable.ts';
export type { Cost, LimitState, Outcome, Receipt, UsageSource } from './call/receipt.ts';
export { receiptOf, whenSettled } from './call/receipts.ts';
export {
  CallBlockedError,
  ConfigurationError,
  HeaderEncodingError,
  InvalidAnnotationError,
  isPayiError,
  PayiError,
  type PayiErrorCode,
  UnregisteredOperationError,
  UnsupportedClientError,
} from './errors.ts';
export type { CapturedContent, CaptureOptions } from './settings/capture-options.ts';
export { createPayi } from './settings/create-payi.ts';
export type { DeliveryOptions, HostMapping, ModelMapping } from './settings/delivery-options.ts';
export type { Diagnostic, DiagnosticCode, OnDiagnostic } from './settings/diagnostics.ts';
export type { DeliveryStats, FlushOptions, Payi, Route } from './settings/payi.ts';
export { payiEnv } from './settings/payi-env.ts';
export type { PayiOptions } from './settings/payi-options.ts';
export type { PayiPlugin, PluginCall } from './settings/plugin.ts';
export type { Store, StoredEvent } from './settings/store.ts';
export type { Units } from './usage/reading.ts';
