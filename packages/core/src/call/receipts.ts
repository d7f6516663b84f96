import { ConfigurationError } from '../errors.ts';
import { processWide } from '../runtime.ts';
import type { Receipt } from './receipt.ts';

/** The record of one call, as far as it is known. */
export interface Settlement {
  /** Nothing more will become known. On route `direct`, Pay-i has answered for the event. */
  readonly isFinal: boolean;
  /** `undefined` until the call has ended. */
  receipt(): Receipt | undefined;
  /** Calls back once, when the receipt is final. */
  whenFinal(resolve: (receipt: Receipt) => void): void;
}

const mostRecent = 1000;

/** By response, stream or error: beside them, not in them. */
const settlements: WeakMap<object, Settlement> = /* @__PURE__ */ processWide(
  '@payi/core.settlements',
  () => new WeakMap(),
);

/**
 * The most recent ones by the ids of their answers, for objects that an SDK creates out of our sight: OpenAI's parsed
 * answers. `undefined` for an id that came twice, which identifies no call.
 */
const recent: Map<string, Settlement | undefined> = /* @__PURE__ */ processWide(
  '@payi/core.recentSettlements',
  () => new Map(),
);

/**
 * By the object itself, or by what the SDKs of OpenAI and Anthropic put of a call into the objects they make of it: their
 * streams have the controller of the request's signal, their errors the headers of the response, or what `fetch` threw;
 * the parsed answers have ids.
 */
function settlementOf(response: object): Settlement | undefined {
  const known = settlements.get(response);
  if (known !== undefined) return known;
  const { controller, headers, cause, _request_id, id } = Object(response) as Record<string, unknown>;
  const parts = [(controller as { signal?: unknown } | undefined)?.signal, headers, cause];
  const found = parts.map((part) => settlements.get(part as object)).find((one) => one !== undefined);
  return found ?? recent.get(_request_id as string) ?? recent.get(id as string);
}

export function attachSettlement(to: object, settlement: Settlement): void {
  settlements.set(to, settlement);
}

/** @param id - Of the answer: the provider's, or that of its request. */
export function rememberSettlement(id: string, settlement: Settlement): void {
  recent.set(id, recent.has(id) && recent.get(id) !== settlement ? undefined : settlement);
  if (recent.size > mostRecent) recent.delete(recent.keys().next().value as string);
}

/**
 * The receipt of a call, by what the provider SDK gave back for it.
 *
 * @param response - The response, its stream, or the error that the call ended with.
 * On route `direct` it is there when the call has ended, and another one, with what it cost, takes its place when Pay-i
 * has answered.
 *
 * @returns `undefined` while a stream is not settled, and for objects that no adapter has observed.
 */
export function receiptOf(response: object): Receipt | undefined {
  return settlementOf(response)?.receipt();
}

/**
 * Waits for the receipt of a call: at once for a whole answer, after its end for a stream. On route `direct`, until
 * Pay-i has answered or delivery has given up; a process with nothing else to do stays for that, but no longer than 10 s.
 *
 * A stream that its caller neither reads nor drops is never settled while the process runs: read it, leave its loop, or
 * let go of it.
 *
 * @param response - As for {@link receiptOf}.
 * @returns Rejects with {@link ConfigurationError} for an object that no adapter has observed; never otherwise.
 */
export function whenSettled(response: object): Promise<Receipt> {
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
