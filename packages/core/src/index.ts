/**
 * Annotations and their headers, the settings that all adapters share, receipts and errors. Has no dependency and runs
 * anywhere.
 *
 * @module
 */
export type { Annotations, Properties } from './annotations.ts';
export type { AnnotatedRequest, ObservedResponse } from './callbacks.ts';
export type { CapturedContent, CaptureOptions } from './capture.ts';
export { categories } from './categories.ts';
export { createHeaders } from './create-headers.ts';
export { createPayi, type Payi, type PayiOptions, type Route } from './create-payi.ts';
export type {
  DeliveryOptions,
  DeliveryStats,
  FlushOptions,
  HostMapping,
  ModelMapping,
} from './delivery/delivery-options.ts';
export type { Store, StoredEvent } from './delivery/store.ts';
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
export { headerBudget } from './header-value.ts';
export { isLimitReached } from './limit-reached.ts';
export { mergeAnnotations } from './merge-annotations.ts';
export { type HeadersLike, parseHeaders } from './parse-headers.ts';
export type { Cost, Outcome, Receipt, UsageSource } from './receipt.ts';
export { receiptOf, whenSettled } from './receipts.ts';
export { type ResourceScope, resourceScopes } from './resource-scopes.ts';
export type { Units } from './usage/reading.ts';
