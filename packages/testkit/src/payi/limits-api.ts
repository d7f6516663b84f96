import { randomUUID } from 'node:crypto';
import { type JsonObject, parseJsonObject } from '../json.ts';
import type { ServerResponse } from '../listen.ts';
import type { LedgerEntry } from './ledger.ts';
import type { LimitState } from './limit-state.ts';
import type { LimitOptions, LimitRecord, Limits } from './limits.ts';
import { sendPage } from './page.ts';
import { roundUsd } from './pricing.ts';
import { sendJson } from './proxy-call.ts';
import { notAllowed, ProxyError } from './proxy-error.ts';
import type { ReceivedRequest } from './proxy-received-request.ts';

const limitsPath = /^\/api\/v1\/limits(?:\/([^/?]+)(?:\/(reset|properties))?)?(?:\?|$)/;

/**
 * The part of Pay-i's REST API for limits: POST and GET `/api/v1/limits`; GET, PUT and DELETE `/api/v1/limits/{limit_id}`;
 * POST `…/reset` and PUT `…/properties`.
 */
export class LimitsApi {
  readonly #limits: Limits;
  readonly #ledger: readonly LedgerEntry[];

  constructor(limits: Limits, ledger: readonly LedgerEntry[]) {
    this.#limits = limits;
    this.#ledger = ledger;
  }

  /** @returns Whether the path belongs to this API. */
  serves({ path }: ReceivedRequest): boolean {
    return limitsPath.test(path);
  }

  /** Answers a request with a valid key. @throws {@link ProxyError} with one of the codes Pay-i documents for limits. */
  answer({ method, path, body }: ReceivedRequest, response: ServerResponse): void {
    const [, segment, part] = limitsPath.exec(path) ?? [];
    const request = [method, segment && '{limit_id}', part].filter(Boolean).join(' ');
    const id = segment === undefined ? '' : decodeURIComponent(segment);
    switch (request) {
      case 'POST': {
        const { isNew, limit } = this.#create(parseJsonObject(body));
        sendJson(response, isNew ? 201 : 200, this.#describe(limit));
        return;
      }
      case 'GET': {
        const { searchParams } = new URL(path, 'http://localhost');
        const name = searchParams.get('limit_name');
        const all = this.#limits.records().filter((limit) => name === null || limit.name === name);
        const describe = (limit: LimitRecord): object => this.#describe(limit).limit;
        sendPage(response, all.map(describe), searchParams);
        return;
      }
      case 'POST {limit_id} reset': {
        const before = this.#describe(this.#find(id)).limit;
        this.#limits.reset(id);
        sendJson(response, 200, { limit_history: before, request_id: randomUUID() });
        return;
      }
      case 'PUT {limit_id} properties': {
        const { properties } = parseJsonObject(body) ?? {};
        const limit = this.#limits.setProperties(this.#find(id).id, Object(properties) as object);
        sendJson(response, 200, { properties: limit.properties, request_id: randomUUID() });
        return;
      }
      case 'GET {limit_id}':
        sendJson(response, 200, this.#describe(this.#find(id)));
        return;
      case 'PUT {limit_id}':
        sendJson(response, 200, this.#describe(this.#update(this.#find(id), parseJsonObject(body))));
        return;
      case 'DELETE {limit_id}':
        this.#limits.delete(this.#find(id).id);
        sendJson(response, 200, { request_id: randomUUID() });
        return;
      default:
        response.setHeader('allow', segment === undefined ? 'GET, POST' : 'DELETE, GET, PUT');
        throw notAllowed(method);
    }
  }

  #find(id: string): LimitRecord {
    const limit = this.#limits.record(id);
    if (limit === undefined) throw new ProxyError(404, 'limit_not_found', `There is no limit ${id}.`);
    return limit;
  }

  /** Creating an identical limit a second time has no effect. */
  #create(body: JsonObject | undefined): { isNew: boolean; limit: LimitRecord } {
    const wanted = parseLimit(body);
    const known = this.#limits.record(wanted.id);
    if (known !== undefined) {
      const isSame =
        known.name === wanted.name &&
        known.max === wanted.max &&
        known.type === wanted.type &&
        known.threshold === wanted.threshold;
      if (!isSame) {
        throw new ProxyError(400, 'duplicate_limit_id', `There is another limit with the id ${wanted.id}.`);
      }
      return { isNew: false, limit: known };
    }
    this.#checkName(wanted.name, wanted.id);
    try {
      return { isNew: true, limit: this.#limits.add(wanted) };
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new ProxyError(400, 'create_limit_validation_failed', error.message);
    }
  }

  #update(limit: LimitRecord, body: JsonObject | undefined): LimitRecord {
    const { limit_name: name = limit.name, max } = body ?? {};
    if (body === undefined || typeof name !== 'string' || name === '') {
      throw new ProxyError(
        400,
        'update_limit_validation_failed',
        'The body must hold limit_name, max, or both.',
      );
    }
    if (max !== undefined && !isAmount(max)) {
      throw new ProxyError(400, 'invalid_max_limit_update', 'max must be a number that is 0 or more.');
    }
    this.#checkName(name, limit.id);
    return this.#limits.change(limit.id, { name, ...(max !== undefined && { max }) });
  }

  #checkName(name: string, ownId: string): void {
    if (!this.#limits.records().some((limit) => limit.name === name && limit.id !== ownId)) return;
    throw new ProxyError(400, 'limit_name_already_exist', `There is another limit with the name ${name}.`);
  }

  #describe({ id, name, type, max, threshold, properties, createdAt, updatedAt, resetAt }: LimitRecord): {
    request_id: string;
    limit: object;
  } {
    const requests: Record<LimitState, number> = {
      ok: 0,
      exceeded: 0,
      overrun: 0,
      blocked: 0,
      blocked_external: 0,
      failed: 0,
    };
    const cost = { input: 0, output: 0, total: 0 };
    for (const entry of this.#ledger) {
      const state = entry.limits[id]?.state;
      if (state === undefined || (resetAt !== undefined && entry.receivedAt < resetAt)) continue;
      requests[state] += 1;
      for (const part of ['input', 'output', 'total'] as const) {
        cost[part] = roundUsd(cost[part] + (entry.cost?.[part].base ?? 0));
      }
    }
    return {
      request_id: randomUUID(),
      limit: {
        limit_id: id,
        limit_name: name,
        limit_type: type,
        ...(max !== undefined && { max }),
        threshold,
        limit_creation_timestamp: createdAt.toISOString(),
        limit_update_timestamp: updatedAt.toISOString(),
        ...(Object.keys(properties).length > 0 && { properties }),
        totals: {
          cost: { input: { base: cost.input }, output: { base: cost.output }, total: { base: cost.total } },
          requests: { ...requests, total: Object.values(requests).reduce((sum, count) => sum + count, 0) },
        },
      },
    };
  }
}

/** @throws {@link ProxyError} A member is missing, or Pay-i does not accept its value. */
function parseLimit(body: JsonObject | undefined): LimitOptions & { name: string; threshold: number } {
  const {
    limit_id: id = randomUUID(),
    limit_name: name,
    max,
    limit_type: type = 'block',
    threshold,
  } = body ?? {};
  if (typeof name !== 'string' || name === '' || typeof id !== 'string' || id === '' || id !== id.trim()) {
    throw new ProxyError(
      400,
      'create_limit_validation_failed',
      'limit_name must be a text that is not empty, and so must limit_id if it is given.',
    );
  }
  if (!isAmount(max)) {
    throw new ProxyError(400, 'invalid_max_limit', 'max must be a number that is 0 or more.');
  }
  if (type !== 'block' && type !== 'allow') {
    throw new ProxyError(400, 'create_limit_validation_failed', 'limit_type must be block or allow.');
  }
  const part = threshold ?? 1;
  if (typeof part !== 'number') {
    throw new ProxyError(400, 'create_limit_validation_failed', 'threshold must be a number.');
  }
  return { id, name, max, type, threshold: part };
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && Number.isFinite(value);
}
