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
import type { AbortReceiver, ConnectionSignal } from './connection-signal.ts';
import { EventBlocks } from './event-blocks.ts';
import { ObservedStream, over, UnderlyingSource } from './observed-stream.ts';

/** What an event says, and whether the caller gets it. */
export interface ServerEventReading extends EventReading {
  /** The caller did not ask for this event. Only for readers with `mayHide`. */
  readonly isHidden?: boolean;
}

/** How a provider's server-sent events are read. */
export interface EventReader {
  /**
   * Matches every event that may hold a count, an end, a tool, an error or Pay-i's result. After the first content, events
   * that do not match are passed on unread; a match by chance costs one look. Without the flag `g`.
   */
  readonly relevant: RegExp;
  /** Whether events may be hidden. If so, an event is passed on when it is whole, and not as it comes in. */
  readonly mayHide?: boolean;
  /**
   * What one event says about the call; `undefined` when it says nothing.
   *
   * @param data - The event's data: an object, parsed, or text that holds none, such as `[DONE]`. Must not throw.
   * @param name - Its `event:` line.
   */
  read(data: unknown, name: string | undefined): ServerEventReading | undefined;
}

/**
 * Reads the server-sent events of a response as they pass: the caller gets the same bytes, at the caller's pace, with no
 * copy and nothing read ahead.
 *
 * @param signal - The connection's. Detached, so that what is outstanding can be read when the SDK aborts.
 * @returns A response in place of the one given, whose body is locked.
 */
export function observeEvents(
  response: WebResponse,
  body: WebStream,
  reader: EventReader,
  observation: Observation,
  onAbandon: AbandonPolicy,
  signal: ConnectionSignal | undefined,
): WebResponse {
  const inner = body.getReader();
  const watch = new StreamWatch({ observation, onAbandon, close: closing(inner, signal) });
  const scanner = new EventScanner(reader, observation, watch);
  const source = new ObservedEvents(inner, watch, scanner, onAbandon !== 'close');
  signal?.detach(source);
  const stream = new ObservedStream(source);
  watch.settleWhenGone(stream);
  const { status, statusText, headers } = response;
  const observed = new web.Response(stream, { status, statusText, headers });
  for (const name of ['url', 'redirected', 'type'] as const) {
    const value = response[name];
    if (observed[name] !== value) Object.defineProperty(observed, name, { value, configurable: true });
  }
  return observed;
}

/** Kept separate so that the closure does not capture the stream. */
function closing(inner: WebReader, signal: ConnectionSignal | undefined): () => void {
  return () => {
    inner.cancel().then(undefined, () => {});
    signal?.close();
  };
}

/** Reads events out of the bytes that pass. */
class EventScanner {
  readonly #reader: EventReader;
  readonly #observation: Observation;
  readonly #watch: StreamWatch;
  readonly #blocks = new EventBlocks();

  constructor(reader: EventReader, observation: Observation, watch: StreamWatch) {
    this.#reader = reader;
    this.#observation = observation;
    this.#watch = watch;
  }

  /** @returns The bytes that the caller gets now. */
  push(chunk: Uint8Array): Uint8Array {
    const shown = this.#read(this.#blocks.push(chunk));
    return this.#reader.mayHide === true ? shown : chunk;
  }

  /** To be called at the end of the stream. */
  flush(): Uint8Array | undefined {
    const shown = this.#read(this.#blocks.flush());
    return this.#reader.mayHide === true && shown.length > 0 ? shown : undefined;
  }

  /** @returns The block without its hidden events. */
  #read(block: Uint8Array): Uint8Array {
    if (block.length === 0) return block;
    const text = decodeText(block);
    this.#observation.content?.piece(text);
    if (!this.#isRelevant(text)) return block;
    let shown: string | undefined;
    let before = '';
    for (const { data, name, raw } of splitEvents(text)) {
      const reading =
        data !== '' && this.#isRelevant(raw) ? this.#reader.read(this.#parse(data), name) : undefined;
      this.#watch.read(reading);
      if (reading?.isHidden === true) shown ??= before;
      else if (shown !== undefined) shown += raw;
      else if (this.#reader.mayHide === true) before += raw;
    }
    return shown === undefined ? block : encodeText(shown);
  }

  #isRelevant(text: string): boolean {
    return !this.#observation.timeToFirstTokenIsKnown || this.#reader.relevant.test(text);
  }

  /** For `[DONE]`, the error that `JSON.parse` throws would take 4 µs (measured: bench/cost, stream of 20). */
  #parse(data: string): unknown {
    if (data.startsWith('[')) return data;
    try {
      const value: unknown = JSON.parse(data);
      this.#observation.readResult(value);
      return value;
    } catch {
      return data;
    }
  }
}

/** Hands on what the provider sends, until the caller leaves. */
class ObservedEvents extends UnderlyingSource implements AbortReceiver {
  readonly #inner: WebReader;
  readonly #watch: StreamWatch;
  readonly #scanner: EventScanner;
  readonly #mayDrain: boolean;
  #isOver = false;
  #aborted: { readonly reason: unknown } | undefined;
  #rejectRead: ((reason: unknown) => void) | undefined;

  constructor(inner: WebReader, watch: StreamWatch, scanner: EventScanner, mayDrain: boolean) {
    super();
    this.#inner = inner;
    this.#watch = watch;
    this.#scanner = scanner;
    this.#mayDrain = mayDrain;
  }

  read(): Promise<ReadResult> {
    if (this.#aborted !== undefined) return Promise.reject(this.#aborted.reason);
    if (this.#isOver) {
      this.close();
      return Promise.resolve(over);
    }
    const reading = this.#inner.read().then(this.#onRead, this.#onError);
    return this.#mayDrain ? this.#untilAborted(reading) : reading;
  }

  readonly #onRead = (result: ReadResult): ReadResult | Promise<ReadResult> => {
    const shown = result.done ? undefined : this.#scanner.push(result.value as Uint8Array);
    // Aborted in the meantime: the chunk counts, and does not reach the reader.
    if (this.#aborted !== undefined) throw this.#aborted.reason;
    if (shown === undefined) return this.#end();
    if (shown.length === 0) return this.read();
    return shown === result.value ? result : { done: false, value: shown };
  };

  readonly #onError = (error: unknown): never => {
    this.#watch.failed(error);
    this.fail(error);
    throw error;
  };

  /** Rejects when the caller aborts, although the rest is still read for its counts. */
  #untilAborted(reading: Promise<ReadResult>): Promise<ReadResult> {
    return new Promise((resolve, reject) => {
      this.#rejectRead = reject;
      reading.then(resolve, reject);
    });
  }

  #end(): ReadResult {
    this.#isOver = true;
    const value = this.#scanner.flush();
    this.#watch.ended();
    if (value !== undefined) return { done: false, value };
    this.close();
    return over;
  }

  protected leave(): Promise<void> {
    this.#isOver = true;
    this.#watch.leave(this.#readOn);
    return Promise.resolve();
  }

  /** The reader is told at once, whatever happens to the connection. */
  abort(reason: unknown): void {
    if (this.#isOver) return;
    this.#aborted = { reason };
    this.#rejectRead?.(reason);
    this.fail(reason);
    this.#watch.leave(this.#readOn);
  }

  readonly #readOn = async (): Promise<number | undefined> => {
    const { done, value } = await this.#inner.read();
    if (done) {
      this.#scanner.flush();
      return undefined;
    }
    this.#scanner.push(value as Uint8Array);
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
