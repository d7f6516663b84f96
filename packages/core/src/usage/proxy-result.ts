import { filled, isText, known, record, text } from './json.ts';

/** What Pay-i's proxy, or its ingest API, says about a call. All that it left out is absent. */
export interface ProxyResult {
  readonly requestId?: string;
  /** In units of `currency`, `usd` unless the answer says otherwise. */
  readonly cost?: ProxyCost;
  /** Limit id → state: `ok`, `exceeded`, `overrun`, `blocked` … */
  readonly limits?: Readonly<Record<string, string>>;
  readonly blockedLimitIds?: readonly string[];
  readonly warnings?: readonly string[];
  /** Pay-i's stable code of a refused call, `limit_reached` for one. */
  readonly errorCode?: string;
}

export interface ProxyCost {
  readonly currency: string;
  readonly input?: number;
  readonly output?: number;
  readonly total?: number;
}

/**
 * Finds Pay-i's result in an answer, a chunk, an ingest response, or the error of a provider's SDK.
 *
 * Looks for `xproxy_result`, which is what the proxy sends, and `proxy_result`, which is what its schemas say; for
 * `xproxy_error`; one and two levels down in `error`, where the SDKs of OpenAI and Anthropic keep an error's body; and at
 * the value itself, if it looks like a result.
 *
 * @returns `undefined` when there is none.
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

/** A body of a provider may have any of these members, but hardly two. */
function isResult({
  request_id,
  limits,
  cost,
  resource_id,
  blocked_limit_ids,
}: Record<string, unknown>): boolean {
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

function readCost({ currency, input, output, total }: Record<string, unknown>): ProxyCost | undefined {
  const amounts = known({ input: amount(input), output: amount(output), total: amount(total) });
  return filled(amounts) && { currency: text(currency) ?? 'usd', ...amounts };
}

/** `{ base: 0.01 }`; older answers have the number as text. What overran a limit is part of `base`. */
function amount(side: unknown): number | undefined {
  const { base } = record(side);
  const number = typeof base === 'number' || (isText(base) && base.trim()) ? Number(base) : Number.NaN;
  return Number.isFinite(number) && number >= 0 ? number : undefined;
}

function readLimits(limits: Record<string, unknown>): Record<string, string> | undefined {
  const states = Object.entries(limits).map(([id, limit]) => [id, record(limit).state] as const);
  return filled(Object.fromEntries(states.filter(hasState)));
}

function hasState(entry: readonly [string, unknown]): entry is readonly [string, string] {
  return isText(entry[1]);
}

function texts(value: unknown): string[] | undefined {
  return Array.isArray(value) ? filled(value.filter(isText)) : undefined;
}
