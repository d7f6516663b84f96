/**
 * A typed client for Pay-i's REST API: limits, use cases and their instances, KPIs and scores, calls, categories and prices.
 *
 * @module
 */
export type { Api, Items } from './api.ts';
export type { Ensured, EnsuredItem, EnsureOptions, EnsureSpec } from './ensure.ts';
export { ManagementError } from './errors.ts';
export { createManagement, type Management, type ManagementOptions } from './management.ts';
export type {
  Category,
  Kpi,
  KpiScore,
  KpiType,
  Limit,
  LimitConfig,
  LimitType,
  ListOptions,
  Money,
  NewLimit,
  NewResource,
  NewUseCase,
  Properties,
  RequestResult,
  Resource,
  Score,
  UnitPrice,
  UseCase,
  UseCaseInstance,
} from './types.ts';
