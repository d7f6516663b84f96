import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { parseJson } from '../json.ts';
import type { ServerResponse } from '../listen.ts';
import { watchForClose } from '../send-answer.ts';
import type { IngestEndpoint, IngestFault, IngestFaultScript } from './ingest-fault.ts';
import { annotationsOf, checkIngestItem, type IngestItem } from './ingest-item.ts';
import { type LedgerEntry, resultOf } from './ledger.ts';
import type { Limits } from './limits.ts';
import type { Prices } from './pricing.ts';
import { parseAnnotations, type ReceivedAnnotations } from './proxy-annotations.ts';
import { type ProxyBackend, sendJson } from './proxy-call.ts';
import { type ErrorEnvelope, notAllowed, ProxyError } from './proxy-error.ts';
import type { ReceivedRequest } from './proxy-received-request.ts';
import type { ProxyResult } from './proxy-result.ts';
import type { UseCases } from './use-cases.ts';

const endpoints: Readonly<Record<string, IngestEndpoint>> = {
  '/api/v1/ingest': 'single',
  '/api/v1/ingest/bulk': 'bulk',
  '/api/v1/ingest/bulk-upsert': 'bulk-upsert',
};
const resultPath = /^\/api\/v1\/requests\/provider\/([^/?]+)\/([^/?]+)\/result$/;

export interface IngestOptions {
  readonly served: readonly IngestEndpoint[];
  /** Faults of the next requests. Each request takes the first fault. */
  readonly queue: IngestFault[];
  readonly script: IngestFaultScript | undefined;
}

/** The ingest API: checks events, charges them and writes them into the ledger. */
export class Ingest {
  readonly #limits: Limits;
  readonly #useCases: UseCases;
  readonly #prices: Prices;
  readonly #ledger: LedgerEntry[];
  readonly #options: IngestOptions;
  readonly #results = new Map<string, { readonly index: number; readonly result: ProxyResult }>();
  #requestCount = 0;

  constructor(
    { limits, useCases, prices, ledger }: Pick<ProxyBackend, 'limits' | 'useCases' | 'prices' | 'ledger'>,
    options: IngestOptions,
  ) {
    this.#limits = limits;
    this.#useCases = useCases;
    this.#prices = prices;
    this.#ledger = ledger;
    this.#options = options;
  }

  /** @returns Whether the path belongs to an endpoint that this service has. */
  serves({ path }: ReceivedRequest): boolean {
    const endpoint = endpoints[pathOf(path)];
    return endpoint === undefined ? resultPath.test(path) : this.#options.served.includes(endpoint);
  }

  /** Answers a request with a valid key. @throws {@link ProxyError} for a request that is not valid. */
  async answer(request: ReceivedRequest, response: ServerResponse): Promise<void> {
    const [, category, id] = resultPath.exec(request.path) ?? [];
    if (category !== undefined && id !== undefined) {
      if (request.method !== 'GET') throw notAllowed(request.method);
      const found = this.#results.get(keyOf(decodeURIComponent(category), decodeURIComponent(id)));
      if (found === undefined) throw new ProxyError(404, 'unexpected_error', 'There is no such request.');
      sendJson(response, 200, { xproxy_result: found.result });
      return;
    }
    if (request.method !== 'POST') throw notAllowed(request.method);
    const endpoint = endpoints[pathOf(request.path)] as IngestEndpoint;
    const body = parseJson(request.body);
    if (body === undefined) throw new ProxyError(400, 'invalid_json', 'The body is not JSON.');
    const events: readonly unknown[] = endpoint === 'single' ? [body] : asList(body);
    const index = this.#requestCount;
    this.#requestCount += 1;
    const fault: IngestFault = this.#options.queue.shift() ??
      this.#options.script?.({ endpoint, eventCount: events.length, index }) ?? { delayMs: 0 };

    if ('status' in fault) {
      if (fault.retryAfter !== undefined) response.setHeader('retry-after', String(fault.retryAfter));
      throw new ProxyError(fault.status, 'unexpected_error', 'This answer was asked for.');
    }
    if ('reset' in fault && fault.reset === 'before-commit') return breakOff(response);
    const answer =
      endpoint === 'single'
        ? this.#takeOne(body, request)
        : this.#takeMany(events, endpoint, 'itemErrors' in fault ? fault.itemErrors : []);
    if ('reset' in fault) return breakOff(response);
    if ('delayMs' in fault && fault.delayMs > 0) await waitUnlessGone(fault.delayMs, response);
    if (!response.destroyed) sendJson(response, answer.status, answer.body);
  }

  #takeOne(body: unknown, { headers }: ReceivedRequest): { status: number; body: object } {
    const item = checkIngestItem(body, 'single');
    const result = this.#commit(item, { ...parseAnnotations(headers), ...annotationsOf(item) }, false);
    const now = new Date().toISOString();
    return {
      status: 200,
      body: {
        request_id: result.request_id,
        event_timestamp: item.event_timestamp ?? now,
        ingest_timestamp: now,
        xproxy_result: result,
      },
    };
  }

  #takeMany(
    events: readonly unknown[],
    endpoint: IngestEndpoint,
    scripted: readonly { index: number; statusCode?: number; code?: string }[],
  ): { status: number; body: object } {
    const errors: { item_index: number; xproxy_result: ErrorEnvelope }[] = [];
    const faults = new Map(scripted.map((error) => [error.index, error]));
    events.forEach((event, index) => {
      try {
        const fault = faults.get(index);
        if (fault !== undefined) {
          const { statusCode = 400, code = 'request_processing_error' } = fault;
          throw new ProxyError(statusCode, code, 'This error was asked for.');
        }
        const item = checkIngestItem(event, 'bulk');
        this.#commit(item, annotationsOf(item), endpoint === 'bulk-upsert');
      } catch (error) {
        if (!(error instanceof ProxyError)) throw error;
        errors.push({ item_index: index, xproxy_result: error.toEnvelope() });
      }
    });
    return {
      status: errors.length > 0 && errors.length === events.length ? 400 : 200,
      body: {
        request_id: randomUUID(),
        ingest_timestamp: new Date().toISOString(),
        ingest_count: events.length - errors.length,
        total_count: events.length,
        ...(errors.length > 0 && { error_count: errors.length, item_error_count: errors.length, errors }),
      },
    };
  }

  /** Charges an event and writes it into the ledger. An upsert replaces the entry of the same event. */
  #commit(item: IngestItem, annotations: ReceivedAnnotations, isUpsert: boolean): ProxyResult {
    const { category, units, provider_response_id } = item;
    const resource = item.resource || 'system.unknown_model';
    const limitIds = annotations.limitIds ?? [];
    const blocking = limitIds.find((id) => this.#limits.isBlocking(id));
    if (blocking !== undefined) {
      throw new ProxyError(400, 'blocking_limit_not_allowed', `The limit ${blocking} blocks calls.`);
    }
    this.#limits.open(limitIds);
    const { useCaseName, useCaseId } = annotations;
    const key = provider_response_id ? keyOf(category, provider_response_id) : undefined;
    const known = key !== undefined && isUpsert ? this.#results.get(key) : undefined;
    if (useCaseName) {
      annotations.useCaseId = this.#useCases.open(useCaseName, useCaseId ?? known?.result.use_case_id);
    }
    const cost = Object.keys(units).length > 0 ? this.#prices.cost(units, category, resource) : undefined;
    const amount = (cost?.total.base ?? 0) - (known?.result.cost?.total.base ?? 0);
    const limits = this.#limits.charge(limitIds, amount);
    const status = item.http_status_code ?? undefined;
    const entry: LedgerEntry = {
      requestId: known?.result.request_id ?? randomUUID(),
      receivedAt: new Date(),
      category,
      operation: 'ingest',
      resource,
      annotations,
      units,
      ...(cost && { cost }),
      limits,
      outcome: status === undefined || (status >= 200 && status < 299) ? 'ok' : 'failed',
      ...(status !== undefined && { providerStatus: status }),
      ...(provider_response_id && { providerResponseId: provider_response_id }),
    };
    const result = resultOf(entry, resource);
    const index = known?.index ?? this.#ledger.length;
    this.#ledger[index] = entry;
    if (key !== undefined) this.#results.set(key, { index, result });
    return result;
  }
}

function keyOf(category: string, providerResponseId: string): string {
  return `${category} ${providerResponseId}`;
}

function pathOf(path: string): string {
  return path.replace(/\?.*$/, '');
}

function asList(body: unknown): readonly unknown[] {
  if (!Array.isArray(body)) throw new ProxyError(400, 'invalid_json', 'The body must be a list of events.');
  return body;
}

/** Ends early if the caller disconnects, so that the server can close. */
async function waitUnlessGone(delayMs: number, response: ServerResponse): Promise<void> {
  if (response.destroyed) return;
  const { signal } = watchForClose(response);
  await wait(delayMs, undefined, { signal }).catch(() => {});
}

function breakOff(response: ServerResponse): void {
  if (response.stream?.session) response.stream.session.destroy();
  else response.destroy();
}
