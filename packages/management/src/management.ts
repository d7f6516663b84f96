import { ConfigurationError } from '@payi/core';
import { getContext } from '@payi/core/context';
import { type Api, apiOf } from './api.ts';
import { type Ensured, type EnsureOptions, type EnsureSpec, ensure } from './ensure.ts';
import { Http, type Target } from './http.ts';
import type { Score } from './types.ts';

/** Options of {@link createManagement}. */
export interface ManagementOptions {
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
   * Scores a KPI of an instance of a use case: of the one that the running `track()` names, or of the one given.
   *
   * @throws `ConfigurationError` neither names a use case and its id.
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
  const api = apiOf(new Http(targetOf(options)));
  return {
    ...api,
    ensure: (spec, options) => ensure(api, spec, options),
    async scoreKpi({ kpi, score, ...of }) {
      const context = getContext();
      const useCaseName = of.useCaseName ?? context?.useCaseName;
      const useCaseId = of.useCaseId ?? context?.useCaseId;
      if (!useCaseName || !useCaseId) {
        throw new ConfigurationError(
          'scoreKpi() needs a use case and its id: call it inside of track({ useCaseName }), or pass useCaseName and useCaseId',
        );
      }
      await api.instances.setScore(useCaseName, useCaseId, kpi, score);
    },
  };
}

function targetOf({
  apiKey,
  baseUrl,
  timeoutMs = 10_000,
  fetch = globalThis.fetch,
}: ManagementOptions): Target {
  const key = (apiKey ?? fromEnvironment('API_KEY'))?.trim();
  if (!key || !/^[\x21-\x7e]+$/.test(key)) {
    throw new ConfigurationError(
      'createManagement() needs a Pay-i application key: pass apiKey, or set ASCERTA_API_KEY or PAYI_API_KEY',
    );
  }
  const address = baseUrl ?? fromEnvironment('BASE_URL') ?? 'https://api.pay-i.com';
  if (!/^https?:\/\/[^\s/?#@]+(\/[^\s?#@]*)?$/i.test(address)) {
    throw new ConfigurationError(
      'baseUrl must be an absolute http or https URL without credentials, query or fragment',
    );
  }
  return { apiKey: key, baseUrl: address.replace(/\/+$/, ''), timeoutMs, fetch };
}

function fromEnvironment(name: string): string | undefined {
  const { env = {} } = Object(globalThis.process) as { env?: Record<string, string | undefined> };
  return env[`ASCERTA_${name}`]?.trim() || env[`PAYI_${name}`]?.trim() || undefined;
}
