import type { LimitStates } from './limit-state.ts';
import { type Cost, roundUsd } from './pricing.ts';
import { type ReceivedAnnotations, resultMembers } from './proxy-annotations.ts';
import type { ProxyResult } from './proxy-result.ts';
import type { Units } from './usage.ts';

/** One call that reached Pay-i with a valid key. */
export interface LedgerEntry {
  /** The `request_id` of the call's `xproxy_result`. */
  requestId: string;
  receivedAt: Date;
  /** Pay-i's name of the provider, e.g. `system.aws.bedrock`. */
  category: string;
  /** The provider's name of the operation, e.g. `InvokeModel`; `ingest` for a call that was reported afterwards. */
  operation: string;
  /** The model asked for: for Bedrock its id, percent-decoded; for Azure OpenAI the deployment. */
  resource: string;
  /** Empty when Pay-i refused the headers. */
  annotations: ReceivedAnnotations;
  units: Units;
  /** Absent if nothing was used or no price is known. */
  cost?: Cost;
  limits: LimitStates;
  /**
   * `ok`: the provider answered in full. `failed`: the provider answered with an error, broke off or was not reached,
   * or the call was not valid. `blocked`: a limit stopped the call. `aborted`: the client disconnected before the end.
   */
  outcome: 'ok' | 'failed' | 'blocked' | 'aborted';
  /** The status of the provider's answer; absent without an answer. */
  providerStatus?: number;
  /** The code of Pay-i's own refusal, e.g. `limit_reached`. */
  errorCode?: string;
  /** The event's `provider_response_id`, which identifies a repeated event. Only for ingested events. */
  providerResponseId?: string;
}

/**
 * The result of a call that follows from its entry in the ledger.
 *
 * @param resource - The resource that was priced.
 */
export function resultOf(entry: LedgerEntry, resource: string): ProxyResult {
  const { requestId, annotations, limits, units, cost } = entry;
  return {
    request_id: requestId,
    resource_id: resource,
    ...resultMembers(annotations),
    ...(annotations.limitIds && { limits }),
    ...(cost ? { cost } : Object.keys(units).length > 0 && { unknown_units: units }),
  };
}

/** The attributes that a ledger can be added up by. */
export type TotalsKey = 'useCaseName' | 'userId' | 'accountName' | 'limitId' | 'requestTag';

/** The calls that share one value of an attribute. */
export interface TotalsRow {
  key: string;
  /** All calls, including blocked calls. */
  calls: number;
  blocked: number;
  /** Input tokens: text, audio, images, and tokens read from or written to a prompt cache. */
  inputTokens: number;
  /** Output tokens, including reasoning. Web searches are not tokens. */
  outputTokens: number;
  /** In US dollars. */
  cost: number;
}

const keysOf: Record<TotalsKey, (annotations: ReceivedAnnotations) => readonly (string | undefined)[]> = {
  useCaseName: ({ useCaseName }) => [useCaseName],
  userId: ({ userId }) => [userId],
  accountName: ({ accountName }) => [accountName],
  limitId: ({ limitIds = [] }) => limitIds,
  requestTag: ({ requestTags = [] }) => requestTags,
};

/**
 * Adds up a ledger by one attribute. A call with two limits or tags counts in the row of each; a call without the
 * attribute counts in no row.
 *
 * @returns Rows in the order of their keys.
 */
export function totals(entries: readonly LedgerEntry[], by: TotalsKey): TotalsRow[] {
  const rows = new Map<string, TotalsRow>();
  for (const entry of entries) {
    for (const key of keysOf[by](entry.annotations)) {
      if (key === undefined) continue;
      const row = rows.get(key) ?? { key, calls: 0, blocked: 0, inputTokens: 0, outputTokens: 0, cost: 0 };
      rows.set(key, row);
      row.calls += 1;
      row.blocked += entry.outcome === 'blocked' ? 1 : 0;
      for (const [unit, { input = 0, output = 0 }] of Object.entries(entry.units)) {
        if (unit === 'web_search_request') continue;
        row.inputTokens += input;
        row.outputTokens += output;
      }
      row.cost = roundUsd(row.cost + (entry.cost?.total.base ?? 0));
    }
  }
  return [...rows.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}
