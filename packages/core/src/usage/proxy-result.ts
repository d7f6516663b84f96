import { filled, isText, type JsonRecord, known, record, text } from './json.ts';

/** What Pay-i's proxy, or its ingest API, says about a call. */
export interface ProxyResult {
  readonly requestId?: string;
  /** In units of `currency`, `usd` unless the answer says otherwise. */
  readonly cost?: ProxyCost;
  /** Limit id → state: `ok`, `exceeded`, `overrun`, `blocked` … */
  readonly limits?: Readonly<Record<string, string>>;
  readonly blockedLimitIds?: readonly string[];
  readonly warnings?: readonly string[];
  /** Pay-i's stable code for a refused call: `limit_reached` … */
  readonly errorCode?: string;
}

export interface ProxyCost {
  readonly currency: string;
  readonly input?: number;
  readonly output?: number;
  readonly total?: number;
}

/** The members that hold Pay-i's result: what the proxy sends, and what its schemas say. */
export const resultNames = ['xproxy_result', 'proxy_result'] as const;

/**
 * Finds Pay-i's result in an answer, a chunk, an ingest response, or the error of a provider's SDK.
 *
 * Looks for {@link resultNames} and `xproxy_error` in the value, and one and two levels down in `error`, where the SDKs of
 * OpenAI and Anthropic keep an error's body. The value itself may be the result.
 *
 * @returns `undefined` if there is none.
 */
export function readProxyResult(value: unknown): ProxyResult | undefined {
  let root = record(value);
  for (let level = 0; level < 3; level += 1) {
    const result = root.xproxy_result ?? root.proxy_result;
    if (typeof result === 'object' && result !== null) return readResult(result, root.xproxy_error);
    if (root.xproxy_error) return readResult({}, root.xproxy_error);
    if (isResult(root)) return readResult(root, undefined);
    root = record(root.error);
  }
  return undefined;
}

/** The members that a receipt has, too. Frozen. */
export function factsOf(result: ProxyResult): Omit<ProxyResult, 'warnings' | 'errorCode'> {
  const { warnings: _, errorCode: __, ...facts } = result;
  for (const fact of Object.values(facts)) Object.freeze(fact);
  return facts;
}

/** A provider's body may have a `request_id`, but hardly another of these. */
function isResult({ request_id, limits, cost, resource_id, blocked_limit_ids }: JsonRecord): boolean {
  return Array.isArray(blocked_limit_ids) || (isText(request_id) && Boolean(limits ?? cost ?? resource_id));
}

function readResult(value: unknown, error: unknown): ProxyResult {
  const result = record(value);
  return known({
    requestId: text(result.request_id),
    cost: readCost(record(result.cost)),
    limits: readLimits(record(result.limits)),
    blockedLimitIds: texts(result.blocked_limit_ids),
    warnings: texts(result.warnings),
    errorCode: text(record(error).code),
  });
}

const sides = ['input', 'output', 'total'] as const;

function readCost(cost: JsonRecord): ProxyCost | undefined {
  const amounts: { -readonly [Member in keyof ProxyCost]: ProxyCost[Member] } = {
    currency: text(cost.currency) ?? 'usd',
  };
  let isKnown = false;
  for (const side of sides) {
    const base = amount(record(cost[side]).base);
    if (base === undefined) continue;
    amounts[side] = base;
    isKnown = true;
  }
  return isKnown ? amounts : undefined;
}

/** Older answers have the number as text. An amount that exceeds a limit is included. */
function amount(base: unknown): number | undefined {
  const number = typeof base === 'number' || (isText(base) && base.trim()) ? Number(base) : Number.NaN;
  return Number.isFinite(number) && number >= 0 ? number : undefined;
}

function readLimits(limits: JsonRecord): Readonly<Record<string, string>> | undefined {
  let states: Readonly<Record<string, string>> | undefined;
  for (const id in limits) {
    const { state } = record(limits[id]);
    // Not an assignment, which would lose a limit that is called `__proto__`.
    if (isText(state)) states = { ...states, [id]: state };
  }
  return states;
}

function texts(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? filled(value.filter(isText)) : undefined;
}
