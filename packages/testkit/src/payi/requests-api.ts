import { parseJsonObject } from '../json.ts';
import type { ServerResponse } from '../listen.ts';
import { type LedgerEntry, resultOf } from './ledger.ts';
import { sendJson } from './proxy-call.ts';
import { notAllowed, ProxyError } from './proxy-error.ts';
import type { ReceivedRequest } from './proxy-received-request.ts';

const requestsPath = /^\/api\/v1\/requests\/(?:provider\/([^/?]+)\/)?([^/?]+)\/(result|properties)$/;

/**
 * The part of Pay-i's REST API for calls, by Pay-i's id of the call or by the provider's id of the answer: GET `…/result` and
 * PUT `…/properties`.
 */
export class RequestsApi {
  readonly #ledger: readonly LedgerEntry[];

  constructor(ledger: readonly LedgerEntry[]) {
    this.#ledger = ledger;
  }

  /** @returns Whether the path belongs to this API. */
  serves({ path }: ReceivedRequest): boolean {
    return requestsPath.test(path);
  }

  /** Answers a request with a valid key. @throws {@link ProxyError} for a call that is not known. */
  answer({ method, path, body }: ReceivedRequest, response: ServerResponse): void {
    const [category, id, part] = (requestsPath.exec(path) ?? [])
      .slice(1)
      .map((segment) => segment && decodeURIComponent(segment));
    if (method !== (part === 'result' ? 'GET' : 'PUT')) throw notAllowed(method);
    const entry = this.#ledger.find((call) =>
      category === undefined
        ? call.requestId === id
        : call.category === category && call.providerResponseId === id,
    );
    if (entry === undefined) throw new ProxyError(404, 'unexpected_error', `There is no call ${id}.`);
    if (part === 'result') {
      sendJson(response, 200, { xproxy_result: resultOf(entry, entry.resource) });
      return;
    }
    const { properties } = parseJsonObject(body) ?? {};
    const all = { ...entry.annotations.requestProperties, ...Object(properties) };
    entry.annotations.requestProperties = all;
    sendJson(response, 200, { request_id: entry.requestId, properties: all });
  }
}
