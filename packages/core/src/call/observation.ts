import type { Annotations } from '../annotations/annotations.ts';
import { collect } from '../context/receipt-collector.ts';
import { later, newEventId, now } from '../runtime.ts';
import { withoutCredentials, withoutSecrets } from '../secrets/secrets.ts';
import type { ResolvedPayi } from '../settings/resolved-payi.ts';
import { member } from '../usage/json.ts';
import { factsOf, type ProxyResult, readProxyResult } from '../usage/proxy-result.ts';
import { contentOnly, mergeReadings, nothing, type Reading, tokensIn, type Units } from '../usage/reading.ts';
import { type AnyHeaders, recordOf } from '../web.ts';
import { type CallSettings, runCallback } from './callbacks.ts';
import { CallContent } from './capture.ts';
import { statesLimit } from './limit-reached.ts';
import { doubtAddress, namePayiIn } from './name-payi-in.ts';
import type { OutputEstimate } from './output-estimate.ts';
import type { Outcome, Receipt, UsageSource } from './receipt.ts';
import { attachSettlement, rememberSettlement, type Settlement } from './receipts.ts';
import type { SentRequest } from './sent-request.ts';
import { whenGone } from './when-gone.ts';

/** What is known of a call before it starts. */
export interface ObservedCall {
  readonly category: string;
  readonly operation: string;
  readonly resource: string;
  /** Stands before the name of the model in `resource`. */
  readonly resourcePrefix?: string | undefined;
  readonly annotations: Annotations;
  /** What the request asked for. Counts where the answer does not say it. */
  readonly asked?: Reading | undefined;
  /**
   * Keeps the call, so that its answer can be recorded when a later request gets it. Called if the call ends before its
   * answer does.
   */
  readonly keep?: ((providerResponseId: string | undefined, call: ObservedCall) => void) | undefined;
  /** The key of its event, if an earlier event is to be replaced. */
  readonly eventId?: string | undefined;
  /** Warnings for the receipt, from before the call started. */
  readonly warnings?: readonly string[] | undefined;
}

const unobserved = 'the answer could not be observed';
const noTexts: readonly string[] = Object.freeze([]);
const noFacts: Readonly<Record<string, never>> = Object.freeze({});

/**
 * One call, from before its first attempt to its receipt: {@link attempt}, {@link answered}, {@link read} for each source
 * of facts, then {@link settle} or {@link fail}. A retry begins with {@link attempt} again.
 *
 * Methods never throw, and a settled call does not change.
 */
export class Observation implements Settlement {
  call: ObservedCall;
  /** Keeps the content of the call, where the options ask for it and the annotations do not forbid it. */
  content: CallContent | undefined;
  /** Gets every event of a stream whose output may have to be estimated. */
  estimate: OutputEstimate | undefined;
  /** The receipt will not change. On route `direct`: Pay-i has answered, or delivery has given up. */
  isFinal = false;
  atPayi: Settlement['atPayi'];
  readonly #payi: ResolvedPayi;
  readonly #callbacks: CallSettings;
  #startedAt = Date.now();
  #startedAtMs = now();
  #attempts = 0;
  /** Plugins were asked whether it may be sent, and may hold something for it. */
  #isAsked = false;
  /** The last attempt has got no answer, or part of one. */
  #isUnanswered = false;
  #lostAttempts = 0;
  #sentAtMs = 0;
  #httpStatus: number | undefined;
  #isBypassed = false;
  #providerUri: string | undefined;
  #endedAtMs: number | undefined;
  #timeToFirstTokenMs: number | undefined;
  #reading: Reading = nothing;
  #usageSource: UsageSource = 'none';
  #result: ProxyResult | undefined;
  #warnings: string[] | undefined;
  #outcome: Outcome | undefined;
  #receipt: Receipt | undefined;
  #waiting: ((receipt: Receipt) => void)[] | undefined;
  #stopWatching: (() => void) | undefined;

  constructor(call: ObservedCall, payi: ResolvedPayi, callbacks: CallSettings = {}) {
    this.call = call;
    this.#payi = payi;
    this.#callbacks = callbacks;
    if (call.warnings !== undefined) this.#warnings = [...call.warnings];
    if (payi.bypass === undefined) this.#keepContent();
    collect(this);
  }

  #keepContent(): void {
    const { delivery, capture } = this.#payi;
    if (delivery !== undefined && capture && this.call.annotations.logPromptAndResponse !== false) {
      this.content ??= new CallContent(capture);
    }
  }

  /** How often the call was sent. 0 if it has not left the process. */
  get attempts(): number {
    return this.#attempts;
  }

  get isSettled(): boolean {
    return this.#outcome !== undefined;
  }

  get timeToFirstTokenIsKnown(): boolean {
    return this.#timeToFirstTokenMs !== undefined;
  }

  /**
   * Asks whether the call may be sent, before its first attempt. A call that is refused has ended.
   *
   * @returns A promise only if there is something to wait for. It rejects with the error for the caller.
   * @throws the error for the caller.
   */
  mayLeave(body: unknown): Promise<unknown> | undefined {
    if (this.#attempts > 0) return undefined;
    const { estimates } = this.#callbacks;
    if (estimates === undefined) return this.#askGate(body);
    return estimates.then((loaded) => {
      this.estimate = loaded && new loaded.OutputEstimate();
      return this.#askGate(body);
    });
  }

  #askGate(body: unknown): Promise<unknown> | undefined {
    const { gate } = this.#payi;
    if (gate === undefined) return undefined;
    this.#isAsked = true;
    const refuse = (error: unknown): never => {
      this.fail(error);
      throw error;
    };
    try {
      return gate(this, body)?.catch(refuse);
    } catch (error) {
      return refuse(error);
    }
  }

  /**
   * The call ends before anything was sent: its caller aborted it, or it could not be signed. There is nothing to record, but
   * plugins that were asked are told.
   */
  neverLeft(): void {
    if (!this.#isAsked || this.#attempts > 0 || this.isSettled) return;
    this.#isAsked = false;
    this.#payi.onEnd?.(this.#makeReceipt('failed'), this);
  }

  /** An attempt is about to leave: counts it, keeps its content, calls `onRequest` and starts the latency clock. */
  attempt(request: SentRequest): void {
    this.#closeWait();
    if (this.#isUnanswered) this.#lostAttempts += 1;
    this.#isUnanswered = true;
    this.#attempts += 1;
    this.leave(request);
  }

  /** The attempt leaves. Called again when it goes to the provider because Pay-i is down. */
  leave(request: SentRequest): void {
    this.#endedAtMs = undefined;
    this.atPayi = request.via === 'payi' ? 'asked' : undefined;
    this.#isBypassed = request.via === 'bypass';
    if (this.#isBypassed) this.#keepContent();
    if (this.#payi.delivery !== undefined) this.#providerUri = request.providerUri;
    this.content?.sent(request.body, request.headers);
    const { onRequest } = this.#callbacks;
    if (onRequest !== undefined) {
      const { method, url, headers } = request;
      const sent = { method, url: withoutSecrets(url), headers: withoutCredentials(recordOf(headers)) };
      this.#notify(onRequest, sent);
    }
    this.#sentAtMs = now();
  }

  /** Status and headers of the answer have arrived: notes them and calls `onResponse`. */
  answered({ status, headers }: { readonly status: number; readonly headers: AnyHeaders }): void {
    this.#httpStatus = status;
    this.#isUnanswered = status < 300;
    if (this.atPayi !== undefined) {
      this.atPayi = { status, headers };
      if (status === 401 || status === 404) doubtAddress(this.#payi, status, headers);
    }
    this.content?.answered(headers);
    const { onResponse } = this.#callbacks;
    if (onResponse !== undefined) {
      const latencyMs = now() - this.#sentAtMs;
      this.#notify(onResponse, { status, headers: withoutCredentials(recordOf(headers)), latencyMs });
    }
  }

  #notify<Facts, Event extends Facts>(callback: (event: Event) => void, facts: Facts): void {
    const { operation, annotations } = this.call;
    const event = Object.freeze({ operation, annotations, ...facts, attempt: this.#attempts });
    runCallback(callback as unknown as (event: object) => void, event, operation, this.#payi.report);
  }

  /** The attempt ended with an error. */
  threw(error: unknown): void {
    if (this.atPayi === 'asked') namePayiIn(error, this.#payi);
    this.attachTo(error);
  }

  /** The attempt is over. If no retry follows, the duration of the call ends here. */
  pause(): void {
    this.#endedAtMs = now();
  }

  /**
   * The attempt failed, and may or may not be retried. `flush()` and `close()` wait until that is known.
   *
   * @param giveUp - Ends the call if no retry follows.
   */
  expectRetry(giveUp: () => void): void {
    this.pause();
    if (!this.isSettled) this.#payi.openCalls?.set(this, { giveUp });
  }

  #closeWait(): void {
    const { openCalls } = this.#payi;
    openCalls?.get(this)?.onKnown?.();
    openCalls?.delete(this);
  }

  /** Adds facts. Later counts replace earlier ones. The first source with counts is the source of the receipt. */
  read(source: UsageSource, reading: Reading): void {
    // Most events of a stream are content and nothing else.
    if (this.isSettled || reading === contentOnly) return;
    if (this.#usageSource === 'none' && (reading.units ?? reading.alsoCounted)) this.#usageSource = source;
    this.#reading = mergeReadings(this.#reading, reading);
  }

  /** Completes the counts by those of somebody else, and warns where the two differ. */
  #compareCounts(): void {
    const { units = {}, alsoCounted } = this.#reading;
    if (alsoCounted === undefined) return;
    const { differences, ...completed } = alsoCounted.complete({ source: this.#usageSource, units });
    for (const difference of differences) this.warn(`sources disagree on ${difference}`);
    this.#reading = { ...this.#reading, ...completed };
  }

  /** Adds Pay-i's result, if the value is a result or contains one under either of its names. */
  readResult(value: unknown): void {
    if (this.isSettled) return;
    this.#result = readProxyResult(value) ?? this.#result;
  }

  /** The first event with content is about to reach the caller. */
  firstToken(): void {
    this.#timeToFirstTokenMs ??= now() - this.#startedAtMs;
  }

  /** Adds a line to the warnings of the receipt. Has no effect once the call is settled. */
  warn(warning: string): void {
    if (this.isSettled) return;
    this.#warnings ??= [];
    this.#warnings.push(warning);
  }

  /** Makes the receipt available through an object that the caller gets: a response, a stream, an error. */
  attachTo(object: unknown): void {
    if (typeof object === 'object' && object !== null) attachSettlement(object, this);
  }

  /**
   * Makes the receipt available by an id that the provider, or Pay-i, gave the request: for an object that we do not see
   * the SDK create. The id of the answer is added when the call is settled.
   */
  attachToId(id: string | null | undefined): void {
    if (typeof id === 'string') rememberSettlement(id, this);
  }

  /** Ends the call with what it threw: `blocked` if a Pay-i limit refused it, else the outcome given. */
  fail(error: unknown, outcome: Outcome = 'failed'): void {
    this.threw(error);
    try {
      this.readResult(error);
    } catch {
      // A getter of the error threw.
    }
    const message = member(error, 'message');
    // The AWS SDK does not name errors of Pay-i.
    const code = member(member(error, 'xproxy_error'), 'code') ?? member(error, 'name');
    const properties: Record<string, string> = {
      'system.failure': typeof code === 'string' ? withoutSecrets(code) : 'Error',
    };
    // A provider's message may quote the prompt.
    if (this.call.annotations.logPromptAndResponse !== false && typeof message === 'string') {
      // Cut before, because it may be long, and after, because it must not be.
      properties['system.failure.description'] = withoutSecrets(message.slice(0, 5000)).slice(0, 500);
    }
    if (!this.isSettled) this.#reading = mergeReadings(this.#reading, { properties });
    this.settle(statesLimit(error) ? 'blocked' : outcome);
    this.attachToId(this.#result?.requestId);
  }

  /** Observing failed, which must not affect the caller. Reports it, and ends the call with what is known. */
  giveUp(cause: unknown, outcome: Outcome = 'partial'): void {
    this.reportFault(`the answer of ${this.call.operation} could not be read for its receipt`, cause);
    this.warn(unobserved);
    this.settle(outcome);
  }

  /** Reports a fault of ours. The call goes on. */
  reportFault(message: string, cause: unknown): void {
    this.#payi.report({ code: 'INTERNAL_FAULT', message, operation: this.call.operation, cause });
  }

  /**
   * Ends the call when the object that it waits for is garbage-collected, or the process exits.
   *
   * @param object - Replaces an object that was given before.
   * @param onGone - Must not hold the object. Has to settle the call.
   */
  settleWhenGone(object: object, onGone: () => void): void {
    this.#stopWatching?.();
    this.#stopWatching = whenGone(object, onGone);
  }

  /** Ends the call and delivers its receipt. Only the first outcome counts. */
  settle(outcome: Outcome): void {
    if (this.isSettled) return;
    const { properties, providerResponseId } = this.#reading;
    const status = properties?.['system.stop_reason'];
    const isBegun = status === 'queued' || status === 'in_progress';
    if (isBegun) this.warn(`the answer is not whole: its status is ${status}`);
    if ((isBegun || outcome === 'partial') && this.call.keep !== undefined) {
      this.call = { eventId: newEventId(), ...this.call };
      this.call.keep?.(providerResponseId, this.call);
    }
    this.#closeWait();
    this.#compareCounts();
    const estimated = outcome === 'partial' && this.estimate?.complete(this.#reading);
    if (estimated) {
      this.#reading = estimated.reading;
      this.#usageSource = 'estimate';
      this.#warnings = [...(this.#warnings ?? noTexts), ...estimated.warnings];
    }
    if (this.#lostAttempts > 0) {
      this.warn(`${this.#lostAttempts} earlier attempt(s) got no whole answer: their usage is unknown`);
      const properties = { 'system.unanswered_attempts': String(this.#lostAttempts) };
      this.#reading = mergeReadings(this.#reading, { properties });
    }
    this.#outcome = outcome;
    if (outcome === 'complete') this.atPayi = undefined;
    this.#endedAtMs ??= now();
    this.#stopWatching?.();
    // It holds what the call was made in, and a settled call is found for a long time.
    this.#stopWatching = undefined;
    this.attachToId(this.#reading.providerResponseId);
    const { counts } = this.#payi;
    if (counts !== undefined && this.#isUnpriced) counts.unpriced += 1;
    this.#deliver(outcome);
    const { byOthers = [] } = this.#reading;
    for (const [index, reading] of byOthers.entries()) this.#settleOther(reading, index + 1, outcome);
  }

  #deliver(outcome: Outcome): void {
    const { delivery, onEnd, onReceipt, bypass } = this.#payi;
    onEnd?.(this.#madeReceipt(outcome), this);
    const isKnownToPayi = bypass !== undefined && !this.#isBypassed;
    // A call that never left the process did not reach the provider, so there is nothing to report.
    if (delivery === undefined || this.#attempts === 0 || isKnownToPayi) {
      this.isFinal = true;
      if (onReceipt !== undefined || this.#waiting !== undefined) this.#conclude(this.#madeReceipt(outcome));
      return;
    }
    if (this.#waiting !== undefined) this.#holdProcess(this.#waiting);
    delivery.accept({
      receipt: this.#madeReceipt(outcome),
      providerUri: this.#providerUri,
      eventId: this.call.eventId,
      content: this.content,
      isAwaited: () => onReceipt !== undefined || this.#waiting !== undefined,
      conclude: (final) => this.#conclude(final),
    });
  }

  /** Records what another model did for the answer as a call of its own, because it has another price. */
  #settleOther({ model = '', ...reading }: Reading, number: number, outcome: Outcome): void {
    const { asked, warnings, eventId, keep, resourcePrefix = '', ...call } = this.call;
    // The annotated price is that of the model asked for.
    const { priceAsResource, ...annotations } = call.annotations;
    const resource = resourcePrefix + model;
    const own = eventId && { eventId: `${eventId}.${number}` };
    const other = new Observation({ ...call, ...own, resource, annotations }, this.#payi);
    other.content = undefined;
    other.#startedAt = this.#startedAt;
    other.#startedAtMs = this.#startedAtMs;
    other.#endedAtMs = this.#endedAtMs;
    other.#attempts = this.#attempts;
    other.#httpStatus = this.#httpStatus;
    other.#isBypassed = this.#isBypassed;
    other.#providerUri = this.#providerUri;
    const { providerResponseId: id } = this.#reading;
    other.read(this.#usageSource, { ...reading, ...(id && { providerResponseId: `${id}.${number}` }) });
    other.settle(outcome);
  }

  get #isUnpriced(): boolean {
    return this.#outcome === 'complete' && this.#reading.units === undefined;
  }

  /** The receipt so far; `undefined` until the call is settled. Created on demand. */
  receipt(): Receipt | undefined {
    return this.#outcome && this.#madeReceipt(this.#outcome);
  }

  /** Calls back once, when the receipt is final. */
  whenFinal(resolve: (receipt: Receipt) => void): void {
    this.#waiting ??= [];
    this.#waiting.push(resolve);
    if (this.isSettled) this.#holdProcess(this.#waiting);
  }

  /** Keeps the process alive while the application waits for Pay-i's answer, for as long as `flush()` would wait. */
  #holdProcess(waiting: ((receipt: Receipt) => void)[]): void {
    waiting.push(later(10_000, () => {}, true));
  }

  #conclude(receipt: Receipt): void {
    this.#receipt = receipt;
    this.isFinal = true;
    this.content?.clear();
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const resolve of waiting) resolve(receipt);
    this.#payi.onReceipt?.(receipt, this);
  }

  #madeReceipt(outcome: Outcome): Receipt {
    this.#receipt ??= this.#makeReceipt(outcome);
    return this.#receipt;
  }

  #makeReceipt(outcome: Outcome): Receipt {
    const { category, operation, resource, annotations } = this.call;
    const reading = mergeReadings(this.call.asked ?? nothing, this.#reading);
    const { units, total, providerResponseId, properties, toolCalls, providerCost, uses } = reading;
    const warnings = [...(this.#warnings ?? noTexts), ...(this.#result?.warnings ?? noTexts)];
    if (this.#isBypassed) {
      warnings.push(
        'Pay-i was unavailable: the call went to the provider itself, and limits were not enforced',
      );
    }
    const sum = total && tokensIn(units ?? noFacts);
    if (sum !== total) {
      warnings.push(`the answer states ${total} tokens in total, and its counts add up to ${sum}`);
    }
    if (this.#isUnpriced && !warnings.includes(unobserved)) {
      warnings.push('no count that Pay-i prices was found in the answer');
    }
    const isCounted = (kind: string): boolean =>
      Object.keys(units ?? noFacts).some((name) => name.startsWith(kind));
    if (uses && outcome === 'complete' && !isCounted(uses)) {
      warnings.push(`the answer does not count its ${uses} units, which are billed`);
    }
    const receipt: Writable<Receipt> = {
      category,
      operation,
      resource: resource || (reading.resource ?? reading.model ?? ''),
      annotations,
      outcome,
      units: units === undefined ? noFacts : freezeAll(units),
      usageSource: this.#usageSource,
      attempts: this.#attempts,
      startedAt: new Date(this.#startedAt).toISOString(),
      endToEndMs: (this.#endedAtMs ?? now()) - this.#startedAtMs,
      properties: properties === undefined ? noFacts : Object.freeze(properties),
      toolCalls: toolCalls === undefined ? noTexts : Object.freeze(toolCalls),
      warnings: warnings.length === 0 ? noTexts : Object.freeze(warnings),
    };
    // Unknown facts are absent.
    for (const name of ['model', 'serviceTier', 'scope', 'routedTo'] as const) {
      if (reading[name] !== undefined) receipt[name] = reading[name];
    }
    if (reading.resource !== undefined) receipt.model ??= reading.resource;
    if (reading.routedTo !== undefined) receipt.model = reading.routedTo;
    // What only the request says is not billed if there was no answer.
    if (reading.billable !== undefined && outcome !== 'failed' && outcome !== 'blocked') {
      receipt.billable = Object.freeze(reading.billable);
    }
    if (providerCost !== undefined) {
      receipt.providerCost = Object.freeze({ currency: 'usd', total: providerCost });
    }
    if (providerResponseId !== undefined) receipt.providerResponseId = providerResponseId;
    if (this.#httpStatus !== undefined) receipt.httpStatus = this.#httpStatus;
    if (this.#timeToFirstTokenMs !== undefined) receipt.timeToFirstTokenMs = this.#timeToFirstTokenMs;
    if (this.#result !== undefined) Object.assign(receipt, factsOf(this.#result));
    return Object.freeze(receipt);
  }
}

type Writable<Value> = { -readonly [Name in keyof Value]: Value[Name] };

function freezeAll(units: Units): Units {
  for (const name in units) Object.freeze(units[name]);
  return Object.freeze(units);
}
