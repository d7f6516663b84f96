import { type JsonObject, parseJsonObject } from '../json.ts';
import { jsonMember } from './proxy-result.ts';
import type { StreamMeter } from './proxy-route.ts';
import { insertBeforeClosingBrace, type SseEvent, type SseHandler } from './sse-tap.ts';
import type { Usage } from './usage.ts';

/**
 * The meaning of an event for the result. `last`: the result goes into this event. `maybe-last`: into this event,
 * unless another event follows. `last-failed`: into this event of a call that failed. `failed`: the provider failed,
 * and no event takes the result.
 */
export type SseRole = 'more' | 'maybe-last' | 'last' | 'last-failed' | 'failed';

/** The format of the streams of one operation. */
export interface SseFormat {
  roleOf(event: JsonObject): SseRole;
  readUsage(event: JsonObject, earlier: Usage): Usage;
  /** Whether a stream without a last event was broken off, even if it is complete for HTTP. */
  readonly hasLastEvent: boolean;
}

/**
 * Meters a server-sent event stream and puts the result into the last event with data. Only an event that may be the
 * last is held back; all other events are passed on at once.
 */
export class SseMeter implements SseHandler {
  readonly #format: SseFormat;
  readonly #meter: StreamMeter;
  #usage: Usage = {};
  #held: { event: SseEvent; json: JsonObject } | undefined;
  /** Comments after the event that is held back. They stay behind it. */
  #heldComments: Uint8Array[] = [];
  #isSettled = false;

  constructor(format: SseFormat, meter: StreamMeter) {
    this.#format = format;
    this.#meter = meter;
  }

  onEvent(event: SseEvent): Uint8Array[] {
    if (this.#isSettled) return [event.bytes];
    if (event.data === undefined) {
      if (!this.#held) return [event.bytes];
      this.#heldComments.push(event.bytes);
      return [];
    }
    if (event.data.trim() === '[DONE]') return [...this.#close('ok'), event.bytes];
    const json = parseJsonObject(Buffer.from(event.data));
    if (!json) return [...this.#release(), event.bytes];

    this.#usage = this.#format.readUsage(json, this.#usage);
    this.#meter.observe(this.#usage);
    const role = this.#format.roleOf(json);
    if (role === 'failed') return [...this.#release(), ...this.#close('failed'), event.bytes];
    const earlier = this.#release();
    if (role === 'more') return [...earlier, event.bytes];
    this.#held = { event, json };
    if (role === 'maybe-last') return earlier;
    return [...earlier, ...this.#close(role === 'last' ? 'ok' : 'failed')];
  }

  onEnd(isComplete: boolean): Uint8Array[] {
    if (this.#isSettled) return [];
    if (isComplete && !this.#format.hasLastEvent) return this.#close('ok');
    this.#meter.settle('failed');
    return this.#release();
  }

  /** Settles the call and returns the event that was held back, with the result in it, and its comments. */
  #close(outcome: 'ok' | 'failed'): Uint8Array[] {
    this.#isSettled = true;
    const result = this.#meter.settle(outcome);
    const held = this.#held;
    if (!held) return [];
    const [, ...comments] = this.#release();
    const member = jsonMember(held.json, this.#meter.resultMember, result);
    return [insertBeforeClosingBrace(held.event, member) ?? held.event.bytes, ...comments];
  }

  #release(): Uint8Array[] {
    if (!this.#held) return [];
    const released = [this.#held.event.bytes, ...this.#heldComments];
    this.#held = undefined;
    this.#heldComments = [];
    return released;
  }
}
