import type { Annotations } from '../annotations/annotations.ts';
import { now } from '../runtime.ts';
import type { ResolvedPayi } from '../settings/resolved-payi.ts';
import { disagreements } from '../usage/compare-units.ts';
import { record } from '../usage/json.ts';
import { jsonMemberReader } from '../usage/json-member.ts';
import { mergeReadings } from '../usage/merge-readings.ts';
import { type ProxyResult, readProxyResult } from '../usage/proxy-result.ts';
import type { Reading, Units } from '../usage/reading.ts';
import { runCallback } from './callbacks.ts';
import type { CallContent } from './capture.ts';
import { isLimitReached } from './limit-reached.ts';
import type { Outcome, Receipt, UsageSource } from './receipt.ts';
import { attachSettlement, holdProcess, rememberSettlement, type Settlement } from './receipts.ts';
import { whenGone } from './when-gone.ts';

/** The member that holds Pay-i's result: what the proxy sends, and what its schemas say. */
const readResultMember = jsonMemberReader(['xproxy_result', 'proxy_result']);

/** What is known of a call before it starts. */
export interface ObservedCall {
  readonly category: string;
  readonly operation: string;
  readonly resource: string;
  readonly annotations: Annotations;
}

/**
 * One call, from before its first attempt until its end: fed by an adapter, settled exactly once.
 *
 * No method throws, whatever the adapter hands over, and nothing changes after {@link settle}.
 */
export class Observation {
  readonly call: ObservedCall;
  /** Where the content of the call is asked for, and its annotations do not forbid it. */
  readonly content: CallContent | undefined;
  attempts = 0;
  httpStatus: number | undefined;
  /** Where the provider is, as an absolute URI. */
  providerUri: string | undefined;
  /** When the call ended, on the clock of `performance.now()`; set where its outcome is not known until later. */
  endedAtMs: number | undefined;
  readonly #payi: ResolvedPayi;
  readonly #startedAt = Date.now();
  readonly #startedAtMs = now();
  readonly #settlement: Settlement = {
    receipt: undefined,
    makeReceipt: undefined,
    isFinal: false,
    waiting: [],
  };
  readonly #warnings: string[] = [];
  #timeToFirstTokenMs: number | undefined;
  #reading: Reading = {};
  #usageSource: UsageSource = 'none';
  #result: ProxyResult | undefined;
  #stopWaiting: (() => void) | undefined;

  constructor(call: ObservedCall, payi: ResolvedPayi) {
    this.call = call;
    this.#payi = payi;
    if (payi.delivery !== undefined && call.annotations.logPromptAndResponse !== false) {
      this.content = payi.captureCall?.();
    }
  }

  get isSettled(): boolean {
    return this.#settlement.makeReceipt !== undefined;
  }

  get timeToFirstTokenIsKnown(): boolean {
    return this.#timeToFirstTokenMs !== undefined;
  }

  /**
   * Adds what one source says. The first source that knows units is the one of the receipt, and what it says later
   * replaces what it said before; a source that comes after it may add counters that are missing and is otherwise
   * compared.
   */
  read(source: UsageSource, reading: Reading): void {
    if (this.isSettled) return;
    const { units } = reading;
    if (units === undefined) {
      // Most events of a stream are content, and say nothing else.
      if (!saysMore(reading)) return;
      this.#reading = mergeReadings(this.#reading, reading);
    } else if (this.#usageSource === 'none' || this.#usageSource === source) {
      this.#usageSource = source;
      this.#reading = mergeReadings(this.#reading, reading);
    } else {
      const known = { source: this.#usageSource, units: this.#reading.units ?? {} };
      for (const difference of disagreements(known, { source, units })) {
        this.#warnings.push(`sources disagree on ${difference}`);
      }
      this.#reading = mergeReadings(reading, this.#reading);
    }
  }

  /** Adds Pay-i's result, if the value is one or holds one under either of its names. */
  readResult(value: unknown): void {
    if (this.isSettled) return;
    this.#result = readProxyResult(value) ?? this.#result;
  }

  /** Adds Pay-i's result, if the bytes are a JSON object that holds one. Decodes nothing else. */
  readResultIn(bytes: Uint8Array): void {
    const result = readResultMember(bytes);
    if (result !== undefined) this.readResult({ xproxy_result: result });
  }

  /** The first event with content is about to reach the caller. */
  firstToken(): void {
    this.#timeToFirstTokenMs ??= now() - this.#startedAtMs;
  }

  /** Adds a line to the warnings of the receipt. Of no effect once it is written. */
  warn(warning: string): void {
    if (!this.isSettled) this.#warnings.push(warning);
  }

  /** Keeps the receipt beside an object that the caller gets: a response, a stream, an error. */
  attachTo(object: unknown): void {
    if (typeof object === 'object' && object !== null) attachSettlement(object, this.#settlement);
  }

  /**
   * Keeps the receipt for an object that cannot be seen: whatever an SDK makes of the answer. It is found by the id of
   * the answer, if one is known, or this one.
   */
  attachToId(requestId: string | null): void {
    const { providerResponseId } = this.#reading;
    for (const id of [requestId, providerResponseId]) {
      if (typeof id === 'string') rememberSettlement(id, this.#settlement);
    }
  }

  /** Ends the call with whatever it threw: `blocked` if Pay-i refused it, else the outcome given. */
  fail(error: unknown, outcome: Outcome = 'failed'): void {
    this.readResult(error);
    const { name, message, xproxy_error } = (error ?? {}) as Record<string, unknown>;
    // An error of Pay-i has no name that the AWS SDK knows.
    const { code = name } = record(xproxy_error);
    const properties: Record<string, string> = {
      'system.failure': typeof code === 'string' ? code : 'Error',
    };
    // A provider's message may quote the prompt.
    if (this.call.annotations.logPromptAndResponse !== false && typeof message === 'string') {
      properties['system.failure.description'] = message.slice(0, 500);
    }
    this.#reading = mergeReadings(this.#reading, { properties });
    this.settle(isLimitReached(error) ? 'blocked' : outcome);
    this.attachTo(error);
  }

  /**
   * Ends the call when the object that could still bring its end is gone: nobody holds it any more, or the process
   * exits.
   *
   * @param object - Takes the place of one that was given before.
   * @param onGone - Must not hold the object. Has to settle.
   */
  settleWhenGone(object: object, onGone: () => void): void {
    this.#stopWaiting?.();
    this.#stopWaiting = whenGone(object, onGone);
  }

  /** Writes the receipt and hands it out. Only the first call counts. */
  settle(outcome: Outcome): void {
    if (this.isSettled) return;
    this.endedAtMs ??= now();
    this.#settlement.makeReceipt = this.#receiptMaker(outcome);
    this.#stopWaiting?.();
    const { delivery, onReceipt } = this.#payi;
    // What never left the process is no call of the provider's, and nothing to report.
    if (delivery === undefined || this.attempts === 0) {
      this.#settlement.isFinal = true;
      if (onReceipt !== undefined || this.#settlement.waiting.length > 0) this.#conclude(this.#madeReceipt());
      return;
    }
    if (this.#settlement.waiting.length > 0) holdProcess(this.#settlement);
    delivery.accept({
      receipt: this.#madeReceipt(),
      providerUri: this.providerUri,
      content: this.content,
      isAwaited: () => onReceipt !== undefined || this.#settlement.waiting.length > 0,
      conclude: (final) => this.#conclude(final),
    });
  }

  #conclude(receipt: Receipt): void {
    this.#settlement.receipt = receipt;
    this.#settlement.isFinal = true;
    this.content?.clear();
    for (const resolve of this.#settlement.waiting.splice(0)) resolve(receipt);
    const { onReceipt, report } = this.#payi;
    if (onReceipt !== undefined) runCallback(onReceipt, receipt, this.call.operation, report);
  }

  #madeReceipt(): Receipt {
    const settlement = this.#settlement;
    settlement.receipt ??= settlement.makeReceipt?.();
    return settlement.receipt as Receipt;
  }

  /**
   * Apart from where it is stored: V8 puts a function literal that is assigned to a property among the old objects at
   * once, and with it all of the call, until their next collection.
   */
  #receiptMaker(outcome: Outcome): () => Receipt {
    return () => this.#receipt(outcome);
  }

  #receipt(outcome: Outcome): Receipt {
    const { units = {}, providerResponseId, properties = {}, toolCalls = [] } = this.#reading;
    const receipt: Writable<Receipt> = {
      category: this.call.category,
      operation: this.call.operation,
      resource: this.call.resource,
      annotations: this.call.annotations,
      outcome,
      units: freezeAll(units),
      usageSource: this.#usageSource,
      attempts: this.attempts,
      startedAt: new Date(this.#startedAt).toISOString(),
      endToEndMs: (this.endedAtMs ?? now()) - this.#startedAtMs,
      properties: Object.freeze(properties),
      toolCalls: Object.freeze(toolCalls),
      warnings: Object.freeze([...this.#warnings, ...(this.#result?.warnings ?? [])]),
    };
    // What is not known is absent.
    if (providerResponseId !== undefined) receipt.providerResponseId = providerResponseId;
    if (this.httpStatus !== undefined) receipt.httpStatus = this.httpStatus;
    if (this.#timeToFirstTokenMs !== undefined) receipt.timeToFirstTokenMs = this.#timeToFirstTokenMs;
    if (this.#result !== undefined) {
      const { requestId, cost, limits, blockedLimitIds } = this.#result;
      if (requestId !== undefined) receipt.requestId = requestId;
      if (cost !== undefined) receipt.cost = Object.freeze(cost);
      if (limits !== undefined) receipt.limits = Object.freeze(limits);
      if (blockedLimitIds !== undefined) receipt.blockedLimitIds = Object.freeze(blockedLimitIds);
    }
    return Object.freeze(receipt);
  }
}

type Writable<Value> = { -readonly [Name in keyof Value]: Value[Name] };

function freezeAll(units: Units): Units {
  for (const name in units) Object.freeze(units[name]);
  return Object.freeze(units);
}

function saysMore({ providerResponseId, properties, toolCalls }: Reading): boolean {
  return providerResponseId !== undefined || properties !== undefined || toolCalls !== undefined;
}
