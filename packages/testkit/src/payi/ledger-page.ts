import { type PageData, renderPage, Tally } from 'payi-report';
import type { ServerResponse } from '../listen.ts';
import type { LedgerEntry } from './ledger.ts';
import type { Limits } from './limits.ts';
import { sendJson } from './proxy-call.ts';
import type { ReceivedRequest } from './proxy-received-request.ts';

const minuteMs = 60_000;
const dataPath = '/ledger.json';

/** The ledger for people: a page at `/` that follows the calls as they come in. Needs no key. */
export class LedgerPage {
  readonly #ledger: readonly LedgerEntry[];
  readonly #limits: Limits;

  constructor(ledger: readonly LedgerEntry[], limits: Limits) {
    this.#ledger = ledger;
    this.#limits = limits;
  }

  /** @returns Whether a request is for the page. */
  serves({ method, path }: ReceivedRequest): boolean {
    return method === 'GET' && (path === '/' || path === dataPath);
  }

  answer({ path }: ReceivedRequest, response: ServerResponse): void {
    if (path === dataPath) {
      sendJson(response, 200, this.#data());
      return;
    }
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(renderPage(this.#data()));
  }

  #data(): PageData {
    const tally = new Tally(minuteMs, 10_000);
    for (const entry of this.#ledger) tally.add(callOf(entry));
    return {
      title: 'Local Pay-i',
      note: 'Calls since it was started. Costs are by a public price list.',
      periodMs: minuteMs,
      cells: tally.cells,
      limits: this.#limits.records().flatMap(({ id }) => this.#limits.get(id) ?? []),
      refresh: dataPath,
    };
  }
}

function callOf(entry: LedgerEntry): Parameters<Tally['add']>[0] {
  const { requestId, receivedAt, annotations, resource, category, outcome, units, cost } = entry;
  return {
    id: requestId,
    at: receivedAt.getTime(),
    useCase: annotations.useCaseName,
    user: annotations.userId,
    account: annotations.accountName,
    limits: annotations.limitIds ?? [],
    model: resource,
    provider: category,
    outcome: outcome === 'ok' ? 'complete' : outcome === 'aborted' ? 'partial' : outcome,
    units,
    isEstimated: annotations.requestProperties?.['system.usage_source'] === 'estimate',
    cost: cost?.total.base,
  };
}
