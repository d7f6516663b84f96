import type { Annotations } from '../annotations/annotations.ts';
import type { Units } from '../usage/reading.ts';

/**
 * - `complete`: the answer arrived to its end.
 * - `partial`: the answer began but did not end: the caller left, it broke off, or nobody read it.
 * - `failed`: there was no answer, or the provider refused the call.
 * - `blocked`: Pay-i refused the call because a limit was used up.
 */
export type Outcome = 'complete' | 'partial' | 'failed' | 'blocked';

/** Where {@link Receipt.units} come from. `none`: no source had any. */
export type UsageSource = 'body' | 'stream' | 'response-headers' | 'estimate' | 'none';

/**
 * State of a limit after a call, as Pay-i states it. Later versions may add states.
 *
 * - `ok`: below its threshold.
 * - `exceeded`: above the threshold.
 * - `overrun`: used up; this call went past it.
 * - `blocked`: used up, and of a type that blocks: this call was refused.
 * - `blocked_external`: another limit stopped this call.
 * - `failed`: the call failed, and did not count.
 */
export type LimitState =
  | 'ok'
  | 'exceeded'
  | 'overrun'
  | 'blocked'
  | 'blocked_external'
  | 'failed'
  | (string & {});

/** Money, in units of `currency`. Parts that Pay-i did not state are absent. */
export interface Cost {
  readonly currency: string;
  readonly input?: number;
  readonly output?: number;
  readonly total?: number;
}

/**
 * The record of one call with all its attempts. Plain data, frozen at every level.
 *
 * Contains no content: no prompt, no answer, no arguments of tools. Unknown facts are absent, never `0`.
 */
export interface Receipt {
  /** Pay-i's name of the provider, see {@link categories}. */
  readonly category: string;
  /** The provider's name of the operation, e.g. `InvokeModel`. */
  readonly operation: string;
  /** The model as the caller named it: an id, an inference profile, an ARN. */
  readonly resource: string;
  /** The model that answered, if the answer says it. Routers, aliases and fallbacks make it differ from `resource`. */
  readonly model?: string;
  /** The model that got the call in place of `resource`: the choice of a router, a fallback. Pay-i prices this one. */
  readonly routedTo?: string;
  /** The class of service that was billed, in the provider's word (`flex`, `priority`, `batch` …), else the one asked for. */
  readonly serviceTier?: string;
  /** Pay-i's resource scope, where the answer says in which geography it was made, e.g. `datazone.us`. */
  readonly scope?: string;
  /** The annotations in force, defaults included. */
  readonly annotations: Annotations;
  readonly outcome: Outcome;
  /** Counts by Pay-i's unit names, e.g. `{ text: { input: 12, output: 34 }, text_cache_read: { input: 5 } }`. */
  readonly units: Units;
  readonly usageSource: UsageSource;
  /** The cost of the call as Pay-i stated it. Absent if Pay-i did not. */
  readonly cost?: Cost;
  /** What the provider itself says that the call cost. Never part of {@link Receipt.cost}. */
  readonly providerCost?: Cost;
  /** Facts that are billed and have no unit at Pay-i, by name, e.g. `{ audio_seconds: 12.5 }`. Pay-i does not price them. */
  readonly billable?: Readonly<Record<string, number>>;
  /** State of each limit after this call, by its id. */
  readonly limits?: Readonly<Record<string, LimitState>>;
  readonly blockedLimitIds?: readonly string[];
  /** Pay-i's id of the call. */
  readonly requestId?: string;
  /** The provider's id of the answer. */
  readonly providerResponseId?: string;
  /** HTTP status of the last answered attempt. */
  readonly httpStatus?: number;
  /** How often the provider SDK sent the call. 0 if it never left the process. */
  readonly attempts: number;
  /** ISO 8601, UTC, to the millisecond. */
  readonly startedAt: string;
  /** Milliseconds until the first event with content reached the caller. Streams only. */
  readonly timeToFirstTokenMs?: number;
  /** Milliseconds until the answer ended. For streams this includes the caller's own time between events. */
  readonly endToEndMs: number;
  /** Further facts, by name: `system.stop_reason`, `system.failure`, `system.aws.bedrock.guardrail.action` … */
  readonly properties: Readonly<Record<string, string>>;
  /** Names of the tools that the model called, in order. */
  readonly toolCalls: readonly string[];
  /** Reasons why this record may be incomplete, in words. */
  readonly warnings: readonly string[];
}
