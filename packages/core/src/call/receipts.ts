import { ConfigurationError } from '../errors.ts';
import { keepRecent, processWide } from '../runtime.ts';
import { member } from '../usage/json.ts';
import type { AnyHeaders } from '../web.ts';
import type { Receipt } from './receipt.ts';
import { resultIn, wrappedIn } from './wrapped-errors.ts';

/** The record of one call, as far as it is known. */
export interface Settlement {
  /** The receipt will not change. On route `direct`: Pay-i has answered, or delivery has given up. */
  readonly isFinal: boolean;
  /** `undefined` until the call has ended. */
  receipt(): Receipt | undefined;
  /** Calls back once, when the receipt is final. */
  whenFinal(resolve: (receipt: Receipt) => void): void;
  /** What the last attempt got from Pay-i: `asked` until it answers, then status and headers. `undefined` once complete. */
  readonly atPayi?: 'asked' | { readonly status: number; readonly headers: AnyHeaders } | undefined;
}

/** Ids. Most calls have two. */
const mostRecent = 2000;

/** Headers in which providers name a request. */
export const requestIdHeaders: readonly string[] = ['x-request-id', 'request-id', 'x-amzn-requestid'];

/** By response, stream or error. In a map, so that these objects stay as the SDK made them. */
const settlements: WeakMap<object, Settlement> = /* @__PURE__ */ processWide(
  '@payi/core.settlements',
  () => new WeakMap(),
);

/** For objects that we do not see the SDK create: parsed answers of OpenAI and Google. */
interface ById {
  /** The most recent calls by the ids of their answers. `undefined` for an id that came twice, because it identifies no call. */
  readonly recent: Map<string, Settlement | undefined>;
  /**
   * For an id that came before, the latest call, if the answers of all calls before it have been found: a new answer can only
   * be its own. Otherwise `undefined`.
   */
  readonly repeated: Map<string, Settlement | undefined>;
  /** Calls whose answers have been found. */
  readonly found: WeakSet<Settlement>;
}

const byId: ById = /* @__PURE__ */ processWide('@payi/core.settlementsById', () => ({
  recent: new Map(),
  repeated: new Map(),
  found: new WeakSet(),
}));

/**
 * Finds a call by the object itself, by a part or an id in it, or by an error that it wraps. In the SDKs of OpenAI and
 * Anthropic, streams have the controller of the request's signal, errors have the headers of the response or the error
 * of `fetch`, and parsed answers have ids. The AI SDK has a copy of the headers.
 */
export function settlementOf(response: unknown): Settlement | undefined {
  for (const outer of wrappedIn(response)) {
    const parts = [outer, member(member(outer, 'controller'), 'signal'), member(outer, 'headers')];
    const headers = member(outer, 'responseHeaders') ?? member(outer, 'headers');
    const ids = [
      member(outer, '_request_id'),
      member(outer, 'id'),
      member(outer, 'responseId'),
      member(resultIn(outer), 'request_id'),
      ...requestIdHeaders.map((name) => member(headers, name)),
    ];
    const known = parts.map((part) => settlements.get(part as object)).find(isKnown);
    if (known !== undefined) return known;
    const once = ids.map((id) => byId.recent.get(id as string)).find(isKnown);
    const named = once ?? ids.map((id) => byId.repeated.get(id as string)).find(isKnown);
    if (named === undefined) continue;
    if (isParsedAnswer(outer)) {
      // From now on it is found by itself, should its id come again.
      attachSettlement(outer, named);
      byId.found.add(named);
      return named;
    }
    if (once !== undefined) return once;
  }
  return undefined;
}

/** Whether the SDK parsed it: a copy lacks the member that is not enumerable. */
function isParsedAnswer(value: object): boolean {
  try {
    return Object.getOwnPropertyDescriptor(value, '_request_id')?.enumerable === false;
  } catch {
    return false;
  }
}

function isKnown(settlement: Settlement | undefined): boolean {
  return settlement !== undefined;
}

export function attachSettlement(to: object, settlement: Settlement): void {
  settlements.set(to, settlement);
}

/** @param id - The provider's id of the answer or of the request, or Pay-i's id of the call. */
export function rememberSettlement(id: string, settlement: Settlement): void {
  const { recent, repeated, found } = byId;
  const before = recent.get(id) ?? repeated.get(id);
  if (before === settlement) return;
  const isRepeated = recent.has(id) || repeated.has(id);
  if (isRepeated) {
    const latest = before !== undefined && found.has(before) ? settlement : undefined;
    keepRecent(repeated, id, latest, mostRecent);
  }
  keepRecent(recent, id, isRepeated ? undefined : settlement, mostRecent);
}

/**
 * The receipt of a call, found by the object that the provider SDK returned for it.
 *
 * On route `direct` the receipt exists when the call has ended. When Pay-i has answered, a receipt with the cost replaces
 * it.
 *
 * @param response - The response, its stream, or the error that the call ended with, even if a framework's error
 *   wraps it.
 * @returns `undefined` while a stream is not settled, and for objects that no adapter has observed.
 */
export function receiptOf(response: unknown): Receipt | undefined {
  return settlementOf(response)?.receipt();
}

/**
 * Waits for the final receipt of a call: final at once for a whole answer, and at the end of a stream. On route
 * `direct` it is final when Pay-i has answered or delivery has given up; an otherwise idle process waits 10 s at most.
 *
 * A stream that you neither read nor drop is never settled while the process runs: read it, leave its loop, or drop every
 * reference to it.
 *
 * @param response - As for {@link receiptOf}.
 * @returns Rejects with {@link ConfigurationError} for an object that no adapter has observed; never otherwise.
 */
export function whenSettled(response: unknown): Promise<Receipt> {
  const settlement = settlementOf(response);
  if (settlement === undefined) {
    return Promise.reject(
      new ConfigurationError('this object is not the response of a call that an adapter of Pay-i observed'),
    );
  }
  const receipt = settlement.receipt();
  if (receipt !== undefined && settlement.isFinal) return Promise.resolve(receipt);
  return new Promise((resolve) => settlement.whenFinal(resolve));
}
