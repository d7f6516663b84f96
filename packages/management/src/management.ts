import { ConfigurationError, type Payi } from '@payi/core';
import { acceptScore, fromEnvironment, isDisabled, type ResolvedPayi, resolvePayi } from '@payi/core/adapter';
import { getContext } from '@payi/core/context';
import { type Api, apiOf, checkScore } from './api.ts';
import { type Ensured, type EnsureOptions, type EnsureSpec, ensure } from './ensure.ts';
import { encodeSegment, Http, type Target } from './http.ts';
import type { Score } from './types.ts';

/** Options of {@link createManagement}. */
export interface ManagementOptions {
  /**
   * What the calls go by. Gives key and base URL, unless they are given here. On route `direct`, and with
   * `onUnavailable: 'direct'`, `scoreKpi()` hands scores to its queue.
   */
  readonly payi?: Payi | undefined;
  /** @default environment variable `ASCERTA_API_KEY`, else `PAYI_API_KEY` */
  readonly apiKey?: string | undefined;
  /** Your own address of Pay-i. @default environment variable `ASCERTA_BASE_URL`, else `PAYI_BASE_URL`, else `https://api.pay-i.com` */
  readonly baseUrl?: string | undefined;
  /** Of one request. @default 10_000 */
  readonly timeoutMs?: number | undefined;
  /** Sends the requests. @default the global `fetch` */
  readonly fetch?: typeof fetch | undefined;
}

/** What {@link createManagement} returns. */
export interface Management extends Api {
  /**
   * Creates the limits, use cases and KPIs that an application needs, and updates those that differ. Safe at every start, and
   * from many processes at once.
   *
   * @example
   * ```ts
   * await createManagement().ensure({
   *   limits: [{ limitId: 'team', limitName: 'Team', max: 100 }],
   *   useCases: [{ name: 'support_chat', description: 'Answers customers' }],
   * });
   * ```
   */
  ensure(spec: EnsureSpec, options?: EnsureOptions): Promise<Ensured>;
  /**
   * Scores a KPI of an instance of a use case: of the one that the running `track()` names, or of the one given. A second
   * score replaces the first.
   *
   * Without the option `payi`, or on another route than `direct`, resolves when Pay-i has the score. Otherwise it resolves at
   * once: the score is queued behind the events of calls that ended before, waits while Pay-i is down, is kept in the journal
   * if there is one, and `flush()` and `close()` wait for it. If Pay-i refuses it, you get diagnostic `DELIVERY_FAILED`.
   *
   * @throws `ConfigurationError` neither names a use case and its id.
   * @throws `TypeError` a name is empty, or the score is not a finite number, a boolean or `null`.
   * @example
   * ```ts
   * const management = createManagement({ payi });
   * await track({ useCaseName: 'support_chat' }, async () => {
   *   await answer(question);
   *   await management.scoreKpi({ kpi: 'stars', score: 5 });
   * });
   * ```
   */
  scoreKpi(score: {
    readonly kpi: string;
    readonly score: Score;
    readonly useCaseName?: string | undefined;
    readonly useCaseId?: string | undefined;
  }): Promise<void>;
}

/**
 * Creates a client of Pay-i's REST API. Opens no connection.
 *
 * @throws `ConfigurationError` there is no key, or the base URL is not an absolute http or https URL.
 * @example
 * ```ts
 * const management = createManagement();
 * for await (const { limitId, max, totals } of management.limits.list()) {
 *   console.log(limitId, totals.cost.total.base, 'of', max);
 * }
 * ```
 */
export function createManagement(options: ManagementOptions = {}): Management {
  const isOff = isDisabled(options);
  const resolved = isOff || options.payi === undefined ? undefined : resolvePayi(options.payi);
  const api = apiOf(new Http(isOff ? undefined : targetOf(options, resolved)));
  return {
    ...api,
    ensure: async (spec, options) => (isOff ? [] : ensure(api, spec, options)),
    async scoreKpi({ kpi, score, ...of }) {
      if (isOff) return;
      const context = getContext();
      const useCaseName = of.useCaseName ?? context?.useCaseName;
      const useCaseId = of.useCaseId ?? context?.useCaseId;
      if (!useCaseName || !useCaseId) {
        throw new ConfigurationError(
          'scoreKpi() needs a use case and its id: call it inside of track({ useCaseName }), or pass useCaseName and useCaseId',
        );
      }
      const delivery = resolved?.delivery;
      if (delivery === undefined) return api.instances.setScore(useCaseName, useCaseId, kpi, score);
      for (const name of [useCaseName, useCaseId, kpi]) encodeSegment(name);
      acceptScore(delivery, { kpi, useCaseName, useCaseId, score: checkScore(score) });
    },
  };
}

function targetOf(
  { apiKey, baseUrl, timeoutMs = 10_000, fetch = globalThis.fetch }: ManagementOptions,
  payi: ResolvedPayi | undefined,
): Target {
  const key = (apiKey ?? payi?.apiKey() ?? fromEnvironment('ASCERTA_API_KEY', 'PAYI_API_KEY'))?.trim();
  if (!key || !/^[\x21-\x7e]+$/.test(key)) {
    throw new ConfigurationError(
      'createManagement() needs a Pay-i application key: pass apiKey, or set ASCERTA_API_KEY or PAYI_API_KEY',
    );
  }
  const address =
    baseUrl ??
    payi?.baseUrl ??
    fromEnvironment('ASCERTA_BASE_URL', 'PAYI_BASE_URL') ??
    'https://api.pay-i.com';
  if (!/^https?:\/\/[^\s/?#@]+(\/[^\s?#@]*)?$/i.test(address)) {
    throw new ConfigurationError(
      'baseUrl must be an absolute http or https URL without credentials, query or fragment',
    );
  }
  return { apiKey: key, baseUrl: address.replace(/\/+$/, ''), timeoutMs, fetch };
}
