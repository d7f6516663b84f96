import type { Observation } from '../call/observation.ts';
import { type EventReading, StreamWatch } from '../call/stream-watch.ts';
import { decodeText } from '../runtime.ts';
import type { AbandonPolicy } from '../settings/abandon.ts';
import { splitEvents } from '../usage/split-events.ts';
import {
  encodeText,
  type ReadResult,
  type WebReader,
  type WebResponse,
  type WebStream,
  web,
} from '../web.ts';
import { EventBlocks } from './event-blocks.ts';
import { observedStream, type StreamDoor, type StreamEnd } from './observed-stream.ts';
import type { SignalShield } from './signal-shield.ts';

/** What an event says, and whether the caller gets it. */
export interface ServerEventReading extends EventReading {
  /** The caller did not ask for this event. Only for readers with `mayHide`. */
  readonly isHidden?: boolean;
}

/** How a provider's server-sent events are read. */
export interface EventReader {
  /**
   * Whatever names a count, an end, a tool, an error or Pay-i's result: events without it are passed on unread once the
   * first content was seen. Found in content by chance, it costs a look too many. Without the flag `g`.
   */
  readonly worthReading: RegExp;
  /** Whether events may be hidden. Then an event is passed on when it is whole, and not as it comes in. */
  readonly mayHide?: boolean;
  /**
   * What one event says about the call; `undefined` when it says nothing.
   *
   * @param data - The event's data, parsed; text that is no JSON, such as `[DONE]`, as it is. Must not throw.
   * @param name - Its `event:` line.
   */
  read(data: unknown, name: string | undefined): ServerEventReading | undefined;
}

/**
 * Looks on while the caller reads the server-sent events of a response: the same bytes, at the caller's pace, with no
 * copy and nothing read ahead.
 *
 * @param shield - Holds the signal of the provider SDK off the connection, so that what is outstanding can be read when
 *   the SDK aborts.
 * @returns A response in the place of the one given, whose body is taken.
 */
export function observeEvents(
  response: WebResponse,
  body: WebStream,
  reader: EventReader,
  observation: Observation,
  onAbandon: AbandonPolicy,
  shield: SignalShield | undefined,
): WebResponse {
  const inner = body.getReader();
  const close = closing(inner, shield);
  const watch = new StreamWatch({ observation, onAbandon, close });
  const door = new EventDoor(inner, watch, new EventView(reader, observation, watch), onAbandon !== 'close');
  shield?.handOver(door);
  const stream = observedStream(door);
  watch.settleWhenGone(stream);
  const { status, statusText, headers } = response;
  const observed = new web.Response(stream, { status, statusText, headers });
  for (const name of ['url', 'redirected', 'type'] as const) {
    const value = (response as unknown as Record<string, unknown>)[name];
    Object.defineProperty(observed, name, { value, configurable: true });
  }
  return observed;
}

/** Made apart from the stream, which it must not hold. */
function closing(inner: WebReader, shield: SignalShield | undefined): () => void {
  return () => {
    inner.cancel().then(undefined, () => {});
    shield?.close();
  };
}

/** Reads events out of the bytes that pass. */
class EventView {
  readonly #reader: EventReader;
  readonly #observation: Observation;
  readonly #watch: StreamWatch;
  readonly #blocks = new EventBlocks();

  constructor(reader: EventReader, observation: Observation, watch: StreamWatch) {
    this.#reader = reader;
    this.#observation = observation;
    this.#watch = watch;
  }

  /** @returns What of it the caller gets now. */
  push(chunk: Uint8Array): Uint8Array {
    const shown = this.#look(this.#blocks.push(chunk));
    return this.#reader.mayHide === true ? shown : chunk;
  }

  /** At the end of the stream. */
  flush(): Uint8Array | undefined {
    const shown = this.#look(this.#blocks.flush());
    return this.#reader.mayHide === true && shown.length > 0 ? shown : undefined;
  }

  #look(block: Uint8Array): Uint8Array {
    if (block.length === 0) return block;
    const text = decodeText(block);
    this.#observation.content?.piece(text);
    const { worthReading } = this.#reader;
    if (this.#observation.timeToFirstTokenIsKnown && !worthReading.test(text)) return block;
    let shown: string | undefined;
    let before = '';
    for (const { data, name, raw } of splitEvents(text)) {
      const isRead = data !== '' && (!this.#observation.timeToFirstTokenIsKnown || worthReading.test(raw));
      const reading = isRead ? this.#reader.read(this.#parse(data), name) : undefined;
      this.#watch.saw(reading);
      if (reading?.isHidden === true) shown ??= before;
      else if (shown !== undefined) shown += raw;
      else if (this.#reader.mayHide === true) before += raw;
    }
    return shown === undefined ? block : encodeText(shown);
  }

  #parse(data: string): unknown {
    try {
      const value: unknown = JSON.parse(data);
      this.#observation.readResult(value);
      return value;
    } catch {
      return data;
    }
  }
}

const over: ReadResult = Object.freeze({ done: true, value: undefined });

/** Hands on what the provider sends, until the caller leaves. */
export class EventDoor implements StreamDoor {
  readonly #inner: WebReader;
  readonly #watch: StreamWatch;
  readonly #view: EventView;
  readonly #mayDrain: boolean;
  #streamEnd: StreamEnd | undefined;
  #isOver = false;
  #error: { readonly reason: unknown } | undefined;
  #rejectRead: ((reason: unknown) => void) | undefined;

  constructor(inner: WebReader, watch: StreamWatch, view: EventView, mayDrain: boolean) {
    this.#mayDrain = mayDrain;
    this.#inner = inner;
    this.#watch = watch;
    this.#view = view;
  }

  opened(end: StreamEnd): void {
    this.#streamEnd = end;
  }

  read(): Promise<ReadResult> {
    if (this.#error !== undefined) return Promise.reject(this.#error.reason);
    if (this.#isOver) {
      this.#streamEnd?.close();
      return Promise.resolve(over);
    }
    const reading = this.#inner.read().then(this.#onRead, this.#onError);
    return this.#mayDrain ? this.#untilInterrupted(reading) : reading;
  }

  readonly #onRead = (result: ReadResult): ReadResult | Promise<ReadResult> => {
    const shown = result.done ? undefined : this.#view.push(result.value as Uint8Array);
    // Interrupted while it waited: what came counts, and is not for the reader.
    if (this.#error !== undefined) throw this.#error.reason;
    if (shown === undefined) return this.#end();
    if (shown.length === 0) return this.read();
    return shown === result.value ? result : { done: false, value: shown };
  };

  readonly #onError = (error: unknown): never => {
    this.#watch.failed(error);
    this.#streamEnd?.fail(error);
    throw error;
  };

  /** Where the rest is read for its counts, the reader who aborted is not kept waiting for the next of it. */
  #untilInterrupted(reading: Promise<ReadResult>): Promise<ReadResult> {
    return new Promise((resolve, reject) => {
      this.#rejectRead = reject;
      reading.then(resolve, reject);
    });
  }

  #end(): ReadResult {
    this.#isOver = true;
    const value = this.#view.flush();
    this.#watch.ended();
    if (value !== undefined) return { done: false, value };
    this.#streamEnd?.close();
    return over;
  }

  cancel(): Promise<void> {
    this.#isOver = true;
    this.#watch.leave(this.#readOn);
    return Promise.resolve();
  }

  /** The signal of the call was aborted: the reader is told at once, whatever becomes of the connection. */
  interrupt(reason: unknown): void {
    if (this.#isOver) return;
    this.#error = { reason };
    this.#rejectRead?.(reason);
    this.#streamEnd?.fail(reason);
    this.#watch.leave(this.#readOn);
  }

  readonly #readOn = async (): Promise<number | undefined> => {
    const { done, value } = await this.#inner.read();
    if (done) {
      this.#view.flush();
      return undefined;
    }
    this.#view.push(value as Uint8Array);
    return countEvents(value as Uint8Array);
  };
}

/** Good enough for a bound: LF LF or CR LF CR LF ends an event. */
function countEvents(chunk: Uint8Array): number {
  let events = 0;
  for (let index = 0; index < chunk.length; index += 1) {
    if (chunk[index] === 0x0a && (chunk[index + 1] === 0x0a || chunk[index + 2] === 0x0a)) events += 1;
  }
  return events;
}
