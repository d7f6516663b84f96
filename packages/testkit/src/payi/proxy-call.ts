import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type JsonObject, parseJsonObject } from '../json.ts';
import type { ServerResponse } from '../listen.ts';
import { type LedgerEntry, resultOf } from './ledger.ts';
import type { LimitStates } from './limit-state.ts';
import type { Limits } from './limits.ts';
import type { Prices } from './pricing.ts';
import { parseAnnotations, type ReceivedAnnotations } from './proxy-annotations.ts';
import { ProxyError } from './proxy-error.ts';
import type { ForwardedRequest, Forwarder } from './proxy-forward.ts';
import { proxyHeaderNames, toProviderHeaders } from './proxy-headers.ts';
import { resolveProvider, type Upstream } from './proxy-provider.ts';
import type { ReceivedRequest } from './proxy-received-request.ts';
import { readBody, relayBody, relayHead } from './proxy-relay.ts';
import { addJsonMember, type ProxyResult } from './proxy-result.ts';
import type { ProxyOperation, ProxyRoute } from './proxy-route.ts';
import { toUnits, type Usage } from './usage.ts';
import type { UseCases } from './use-cases.ts';

/** The state that all calls of one local Pay-i share. */
export interface ProxyBackend {
  readonly limits: Limits;
  readonly useCases: UseCases;
  readonly prices: Prices;
  readonly ledger: LedgerEntry[];
  readonly forwarder: Forwarder;
  readonly upstream: Upstream | undefined;
  readonly resultMember: 'xproxy_result' | 'proxy_result';
  readonly blockedStatus: 400 | 424;
  readonly blockedCode: 'limit_reached' | 'not_enough_budget';
}

/** The end of a call; see {@link LedgerEntry}. */
interface Ending {
  outcome: LedgerEntry['outcome'];
  errorCode?: string;
  blockedLimitIds?: string[];
}

/**
 * One proxied call, from its headers to its entry in the ledger. It is settled exactly once: by its answer, by an
 * earlier error, or by a disconnect of the client.
 */
export class ProxyCall {
  readonly #backend: ProxyBackend;
  readonly #route: ProxyRoute;
  readonly #operation: ProxyOperation;
  readonly #request: ReceivedRequest;
  readonly #requestId = randomUUID();
  readonly #receivedAt = new Date();
  #annotations: ReceivedAnnotations = {};
  #usage: Usage = {};
  #providerStatus: number | undefined;
  #result: ProxyResult | undefined;
  /** Gives back what is reserved for the call. */
  #release: (() => void) | undefined;

  constructor(backend: ProxyBackend, route: ProxyRoute, operation: ProxyOperation, request: ReceivedRequest) {
    this.#backend = backend;
    this.#route = route;
    this.#operation = operation;
    this.#request = request;
  }

  /** Answers the call with the provider's answer or with Pay-i's own refusal. */
  async answer(response: ServerResponse): Promise<void> {
    let forwarded: ForwardedRequest | undefined;
    response.once('close', () => {
      // After a regular end the call is settled, and the provider's connection may serve another call.
      if (this.#result && response.writableEnded) return;
      this.#settle({ outcome: 'aborted' });
      forwarded?.abort();
    });
    try {
      this.#admit();
      forwarded = this.#forward();
      await this.#relay(await forwarded.response, response);
    } catch (cause) {
      const error = toProxyError(cause);
      const blockedLimitIds = error instanceof BlockedError ? error.limitIds : undefined;
      const result = this.#settle({
        outcome: blockedLimitIds ? 'blocked' : 'failed',
        errorCode: error.code,
        ...(blockedLimitIds && { blockedLimitIds }),
      });
      if (!response.destroyed) sendJson(response, error.statusCode, error.toEnvelope(result));
    }
  }

  /** Reads the annotations and checks the limits. @throws {@link ProxyError} when the call is refused. */
  #admit(): void {
    const { limits, useCases, blockedStatus, blockedCode } = this.#backend;
    for (const name of this.#route.requiredHeaders) {
      if (this.#request.headers[name]) continue;
      throw new ProxyError(400, 'header_is_missing', `The header ${name} is missing.`);
    }
    const annotations = parseAnnotations(this.#request.headers);
    const limitIds = annotations.limitIds ?? [];
    limits.open(limitIds);
    const { useCaseName, useCaseId } = annotations;
    if (useCaseName) annotations.useCaseId = useCases.open(useCaseName, useCaseId);
    this.#annotations = annotations;
    const blockedLimitIds = limits.refusals(limitIds);
    if (blockedLimitIds.length > 0) throw new BlockedError(blockedStatus, blockedCode, blockedLimitIds);
    if (limitIds.length === 0) return;
    const { priceAsCategory, priceAsResource } = this.#pricedAs;
    const amount = this.#backend.prices.estimate(this.#request.body, priceAsCategory, priceAsResource);
    this.#release = limits.reserve(limitIds, amount);
  }

  get #pricedAs(): { priceAsCategory: string; priceAsResource: string } {
    const { priceAsCategory = this.#route.category, priceAsResource = this.#operation.resource } =
      this.#annotations;
    return { priceAsCategory, priceAsResource };
  }

  #forward(): ForwardedRequest {
    const { method, path, rawHeaders, headers, body } = this.#request;
    const { prefix, defaultBaseUri } = this.#route;
    const providerPath = path.slice(prefix.length);
    const otherwise = typeof defaultBaseUri === 'function' ? defaultBaseUri(providerPath) : defaultBaseUri;
    const baseUri = headers[proxyHeaderNames.providerBaseUri] || otherwise;
    const target = resolveProvider(baseUri, this.#backend.upstream);
    return this.#backend.forwarder.forward(target, {
      method,
      path: target.path + providerPath,
      headers: toProviderHeaders(rawHeaders, target.host),
      body,
    });
  }

  async #relay(source: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#providerStatus = source.statusCode;
    this.#usage = this.#readUsage(source);
    relayHead(source, response);

    const isEncoded = (source.headers['content-encoding'] ?? 'identity') !== 'identity';
    const contentType = source.headers['content-type'] ?? '';
    if (!isEncoded && /^application\/(?:[\w.+-]+\+)?json\b/.test(contentType)) {
      return this.#relayJson(source, response);
    }
    const tap = isEncoded ? undefined : this.#tapStream(contentType);
    if (tap) response.removeHeader('content-length');
    await relayBody(source, response, tap, (isComplete) => {
      this.#settle({ outcome: isComplete ? this.#outcomeByStatus() : 'failed' });
    });
  }

  async #relayJson(source: IncomingMessage, response: ServerResponse): Promise<void> {
    let body: Buffer;
    try {
      body = await readBody(source);
    } catch {
      // A part of a JSON text is useless, and an error from Pay-i would hide that the provider broke off.
      this.#settle({ outcome: 'failed' });
      response.destroy();
      return;
    }
    this.#usage = this.#readUsage(source, parseJsonObject(body));
    const result = this.#settle({ outcome: this.#outcomeByStatus() });
    const answer = addJsonMember(body, this.#backend.resultMember, result) ?? body;
    response.setHeader('content-length', answer.length);
    response.end(answer);
  }

  #readUsage({ headers }: IncomingMessage, body?: JsonObject): Usage {
    return this.#route.readUsage(this.#operation.operation, body, headers);
  }

  #tapStream(contentType: string): ReturnType<ProxyRoute['tapStream']> {
    return this.#route.tapStream(this.#operation.operation, contentType, {
      resultMember: this.#backend.resultMember,
      observe: (usage) => {
        this.#usage = { ...this.#usage, ...usage };
      },
      settle: (outcome) => this.#settle({ outcome: outcome === 'ok' ? this.#outcomeByStatus() : outcome }),
    });
  }

  #outcomeByStatus(): 'ok' | 'failed' {
    const status = this.#providerStatus ?? 0;
    return status >= 200 && status < 300 ? 'ok' : 'failed';
  }

  /** Charges the call and writes its entry into the ledger. Later calls of this method have no effect. */
  #settle({ outcome, errorCode, blockedLimitIds }: Ending): ProxyResult {
    if (this.#result) return this.#result;
    const annotations = this.#annotations;
    const { priceAsCategory, priceAsResource } = this.#pricedAs;
    const units = toUnits(this.#usage);
    const hasUnits = Object.keys(units).length > 0;
    const cost = hasUnits ? this.#backend.prices.cost(units, priceAsCategory, priceAsResource) : undefined;
    const limitIds = annotations.limitIds ?? [];
    this.#release?.();
    const charged = this.#backend.limits.charge(limitIds, cost?.total.base ?? 0);
    const limits = statesOf(charged, outcome, blockedLimitIds);

    const entry: LedgerEntry = {
      requestId: this.#requestId,
      receivedAt: this.#receivedAt,
      category: this.#route.category,
      ...this.#operation,
      annotations,
      units,
      ...(cost && { cost }),
      limits,
      outcome,
      ...(this.#providerStatus !== undefined && { providerStatus: this.#providerStatus }),
      ...(errorCode !== undefined && { errorCode }),
    };
    this.#backend.ledger.push(entry);
    this.#result = {
      ...resultOf(entry, priceAsResource),
      ...(blockedLimitIds && { blocked_limit_ids: blockedLimitIds }),
      ...(outcome === 'ok' &&
        !hasUnits && { warnings: ['The provider did not say how many tokens it used.'] }),
    };
    return this.#result;
  }
}

/** The refusal of a call by limits that are spent. */
class BlockedError extends ProxyError {
  readonly limitIds: string[];

  constructor(statusCode: number, code: string, limitIds: string[]) {
    super(statusCode, code, `The limit ${limitIds.join(', ')} is insufficient for the operation.`);
    this.limitIds = limitIds;
  }
}

function toProxyError(cause: unknown): ProxyError {
  if (cause instanceof ProxyError) return cause;
  return new ProxyError(500, 'unexpected_error', `The local Pay-i failed: ${cause}`);
}

function statesOf(
  charged: LimitStates,
  outcome: LedgerEntry['outcome'],
  blockedLimitIds: readonly string[] = [],
): LimitStates {
  if (outcome === 'ok' || outcome === 'aborted') return charged;
  return Object.fromEntries(
    Object.keys(charged).map((id) => {
      if (outcome === 'failed') return [id, { state: 'failed' }];
      return [id, { state: blockedLimitIds.includes(id) ? 'blocked' : 'blocked_external' }];
    }),
  );
}

/** Sends Pay-i's own answer. */
export function sendJson(response: ServerResponse, statusCode: number, body: object): void {
  const json = Buffer.from(JSON.stringify(body));
  response.writeHead(statusCode, { 'content-type': 'application/json', 'content-length': json.length });
  response.end(json);
}
