import { ConfigurationError } from '../errors.ts';
import { later } from '../runtime.ts';
import type { Receipt } from './receipt.ts';

/** The record of one call in the making: either the receipt is final, or somebody may be waiting for it. */
export interface Settlement {
  /** There since somebody asked after the call had ended. */
  receipt: Receipt | undefined;
  /** There since the call has ended: makes the receipt, which nobody may ever ask for. */
  makeReceipt: (() => Receipt) | undefined;
  /** Nothing more will be known. On route `direct` that is when Pay-i has answered. */
  isFinal: boolean;
  waiting: ((receipt: Receipt) => void)[];
}

const key = Symbol.for('@payi/core.settlements');
const recentKey = Symbol.for('@payi/core.recentSettlements');
const shared = globalThis as {
  [key]?: WeakMap<object, Settlement>;
  /**
   * The last ones by the ids of their answers, for objects that an SDK makes where nobody can look on: OpenAI's parsed
   * answers. `undefined` for an id that came twice, and leads nowhere.
   */
  [recentKey]?: Map<string, Settlement | undefined>;
};
shared[key] ??= new WeakMap();
const mostRecent = 1000;

/** By response, stream or error. Beside them, not in them, and one for all copies of this package. */
const settlements: WeakMap<object, Settlement> = shared[key];

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
  const recent = shared[recentKey];
  return found ?? recent?.get(_request_id as string) ?? recent?.get(id as string);
}

export function attachSettlement(to: object, settlement: Settlement): void {
  settlements.set(to, settlement);
}

/** @param id - Of the answer: the provider's, or that of its request. */
export function rememberSettlement(id: string, settlement: Settlement): void {
  shared[recentKey] ??= new Map();
  const recent = shared[recentKey];
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
  const settlement = settlementOf(response);
  return settlement === undefined ? undefined : madeReceipt(settlement);
}

function madeReceipt(settlement: Settlement): Receipt | undefined {
  settlement.receipt ??= settlement.makeReceipt?.();
  return settlement.receipt;
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
  const receipt = madeReceipt(settlement);
  if (receipt !== undefined && settlement.isFinal) return Promise.resolve(receipt);
  return new Promise((resolve) => {
    settlement.waiting.push(resolve);
    if (receipt !== undefined) holdProcess(settlement);
  });
}

/** Somebody waits for Pay-i's answer, so that the process has to; as long as `flush()` does. */
export function holdProcess({ waiting }: Settlement): void {
  waiting.push(later(10_000, () => {}, true));
}
