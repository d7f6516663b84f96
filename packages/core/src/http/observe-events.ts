import type { Observation } from '../call/observation.ts';
import { type EventReading, StreamWatch } from '../call/stream-watch.ts';
import { decodeText, joinBytes } from '../runtime.ts';
import type { AbandonPolicy } from '../settings/abandon.ts';
import { type JsonRecord, parseJson, record, records, text as textOf } from '../usage/json.ts';
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
import { EventBlocks, none } from './event-blocks.ts';
import type { EventFrame } from './event-frames.ts';

import { ObservedStream, over, UnderlyingSource } from './observed-stream.ts';

/** What an event says, and whether the caller gets it. */
export interface ServerEventReading extends EventReading {
  /** The caller did not ask for this event. Only for readers with `mayHide`. */
  readonly isHidden?: boolean;
}

/** How a provider's server-sent events are read. */
export interface EventReader {
  /**
   * Matches every event that may hold a count, an end, a tool, an error or Pay-i's result, however its JSON is written:
   * with spaces, in several `data:` lines, with escapes. After the first content, events that do not match are passed on
   * unread; a match by chance costs one parse. Must not have the flag `g`.
   */
  readonly relevant: RegExp;
  /** Whether events may be hidden. If so, an event is passed on only once it is whole. */
  readonly mayHide?: boolean;
  /** Whether a stream that ends after a stop reason and counts is complete without its closing event. */
  readonly mayEndEarly?: boolean;
  /**
   * What one event says about the call; `undefined` for nothing. An error is read, too, for its counts. Must not throw.
   *
   * @param data - The event's data: parsed, or text that is not an object, such as `[DONE]`.
   * @param name - Its `event:` line.
   */
  read(data: unknown, name: string | undefined): ServerEventReading | undefined;
  /** Splits bytes that are not server-sent events. Then `read` gets what it finds, all of it, and hides nothing. */
  readonly split?: (onEvent: (event: EventFrame) => void) => (chunk: Uint8Array) => void;
}

/**
 * Reads the server-sent events of a response as they pass: the caller gets the same bytes, at the caller's pace. Unless
 * the reader may hide events, chunks are passed on as they come.
 *
 * @param signal - The connection's. Detached, so that the rest can be read when the SDK aborts.
 * @returns A response to replace the given one, whose body is now locked.
 */
export function observeEvents(
  response: WebResponse,
  body: WebStream,
  reader: EventReader,
  observation: Observation,
  onAbandon: AbandonPolicy,
  signal: ConnectionSignal | undefined,
): WebResponse {
  const inner = readerOf(body);
  try {
    const close = closing(inner, signal);
    const { mayEndEarly } = reader;
    const watch = new StreamWatch({ observation, onAbandon, close, mayEndEarly });
    const source = new ObservedEvents(inner, reader, observation, watch, close, onAbandon !== 'close');
    const stream = new ObservedStream(source);
    const observed = withBody(response, stream);
    watch.settleWhenGone(stream);
    signal?.detach(source);
    return observed;
  } catch (cause) {
    // The caller gets the response that was given.
    inner.releaseLock();
    throw cause;
  }
}

/** A response like the one given, with another body. */
export function withBody(response: WebResponse, body: WebStream): WebResponse {
  const { status, statusText, headers } = response;
  const copy = new web.Response(body, { status, statusText, headers });
  for (const name of ['url', 'redirected', 'type'] as const) {
    const value = response[name];
    if (copy[name] !== value) Object.defineProperty(copy, name, { value, configurable: true });
  }
  return copy;
}

/** Whether a body can be read piece by piece: a web stream, or one of Node.js, as `node-fetch` has it. */
export function isStream(body: WebStream | null): body is WebStream {
  return typeof (body?.getReader ?? iteratorOf(body)) === 'function';
}

function iteratorOf(body: WebStream | null): (() => AsyncIterator<Uint8Array>) | undefined {
  return (body as Partial<AsyncIterable<Uint8Array>> | null)?.[Symbol.asyncIterator];
}

/** Reads such a body. */
export function readerOf(body: WebStream): WebReader {
  if (typeof body.getReader === 'function') return body.getReader();
  const iterator = iteratorOf(body)?.call(body) as AsyncIterator<Uint8Array>;
  return {
    read: async () => (await iterator.next()) as ReadResult,
    cancel: async () => void (await iterator.return?.()),
    releaseLock() {},
  };
}

/**
 * Cancels the body, and aborts the connection only if the SDK did: an application may keep a clone of the answer, which an
 * abort would break.
 *
 * Kept separate so that the closure does not capture the stream.
 */
function closing(inner: WebReader, signal: ConnectionSignal | undefined): () => void {
  return () => {
    inner.cancel().then(undefined, () => {});
    signal?.attach();
  };
}

/**
 * Passes on what the provider sends, until the caller leaves, and reads the events in it. After a fault of ours the call
 * is settled, and the stream is passed on unread.
 */
class ObservedEvents extends UnderlyingSource implements AbortReceiver {
  readonly #inner: WebReader;
  readonly #reader: EventReader;
  readonly #observation: Observation;
  readonly #watch: StreamWatch;
  readonly #close: () => void;
  readonly #mayDrain: boolean;
  readonly #blocks = new EventBlocks();
  readonly #split: ((chunk: Uint8Array) => void) | undefined;
  #frames = 0;
  #isOver = false;
  #isLeft = false;
  #isBlind = false;
  #aborted: { readonly reason: unknown } | undefined;
  #rejectRead: ((reason: unknown) => void) | undefined;

  constructor(
    inner: WebReader,
    reader: EventReader,
    observation: Observation,
    watch: StreamWatch,
    close: () => void,
    mayDrain: boolean,
  ) {
    super();
    this.#inner = inner;
    this.#reader = reader;
    this.#observation = observation;
    this.#watch = watch;
    this.#close = close;
    this.#mayDrain = mayDrain;
    this.#split = reader.split?.((frame) => {
      this.#frames += 1;
      watch.read(reader.read(frame, undefined));
    });
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
    const shown = this.#scan(result.done ? undefined : result.value);
    // Aborted in the meantime: the chunk is counted but does not reach the caller.
    if (this.#aborted !== undefined) throw this.#aborted.reason;
    if (result.done) {
      this.#isOver = true;
      this.#guard(() => this.#watch.ended());
    }
    if (shown.length === 0) return this.read();
    return shown === result.value ? result : { done: false, value: shown };
  };

  readonly #onError = (error: unknown): never => {
    this.#guard(() => this.#watch.failed(error));
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

  protected leave(): Promise<void> {
    this.#isOver = true;
    this.#left();
    return Promise.resolve();
  }

  #left(): void {
    this.#isLeft = true;
    if (this.#isBlind) this.#close();
    else this.#guard(() => this.#watch.leave(this.#readOn));
  }

  /** @returns `undefined` after a fault. */
  #guard<Result>(look: () => Result): Result | undefined {
    if (this.#isBlind) return undefined;
    try {
      return look();
    } catch (cause) {
      this.#isBlind = true;
      this.#observation.giveUp(cause);
      if (this.#isLeft) this.#close();
      return undefined;
    }
  }

  /** Rejects the caller's read at once, whatever happens to the connection. */
  abort(reason: unknown): void {
    if (this.#isOver) return;
    this.#aborted = { reason };
    this.#rejectRead?.(reason);
    this.fail(reason);
    this.#left();
  }

  readonly #readOn = async (): Promise<number | undefined> => {
    const { done, value } = await this.#inner.read();
    const before = this.#frames;
    this.#scan(done ? undefined : value);
    if (done) return undefined;
    // An estimate is enough for `drainEvents`.
    return this.#split ? this.#frames - before : decodeText(value as Uint8Array).split(/\n\r?\n/).length - 1;
  };

  /**
   * Reads the events that are now complete.
   *
   * @param chunk - `undefined` at the end of the stream.
   * @returns The bytes that the caller gets now.
   */
  #scan(chunk: Uint8Array | undefined): Uint8Array {
    if (this.#split !== undefined && chunk !== undefined) this.#guard(() => this.#split?.(chunk));
    if (this.#isBlind || this.#split !== undefined) return chunk ?? none;
    const block = chunk === undefined ? this.#blocks.flush() : this.#blocks.push(chunk);
    const shown = this.#guard(() => this.#readBlock(block));
    if (this.#reader.mayHide !== true) return chunk ?? none;
    return shown ?? joinBytes([block, this.#blocks.flush()]);
  }

  /** @returns The block without its hidden events. */
  #readBlock(block: Uint8Array): Uint8Array {
    if (block.length === 0) return block;
    const text = decodeText(block);
    this.#observation.content?.piece(text);
    this.#observation.estimate?.piece(text);
    if (!this.#isRelevant(text)) return block;
    let shown: string | undefined;
    let before = '';
    for (const { data, name, raw } of splitEvents(text)) {
      const reading = data !== '' && this.#isRelevant(raw) ? this.#readEvent(data, name) : undefined;
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

  #readEvent(data: string, name: string | undefined): ServerEventReading | undefined {
    // For `[DONE]`, the error that `JSON.parse` throws would take 4 µs (measured: bench/cost, stream of 20).
    const value = data.startsWith('[') ? undefined : parseJson(data);
    if (value !== undefined) this.#observation.readResult(value);
    return withFailure(this.#reader.read(value ?? data, name), value, name);
  }
}

/** Adds the error in an event or an answer, if there is one, to what else it says. */
export function withFailure<Read extends EventReading | undefined>(
  reading: Read,
  event: unknown,
  name?: string,
): Read | ServerEventReading {
  const failure = failureIn(record(event), name);
  if (failure === undefined) return reading;
  const properties = { ...reading?.properties, ...failure.properties };
  return { ...reading, ...failure, properties, isHidden: false };
}

/** Reads only the code of an error in place of an event or an answer. Its message may quote the prompt. */
export function failureIn(event: JsonRecord, name?: string): ServerEventReading | undefined {
  // vLLM says `object: 'error'`, and OpenRouter has an error in the choice that it cut off.
  const isError = name === 'error' || event.type === 'error' || event.object === 'error';
  const error = event.error ?? records(event.choices)[0]?.error;
  if (!isError && !error) return undefined;
  const { code, type, status } = record(error ?? event);
  // OpenRouter, LiteLLM and Google send the status as the code, Google its name besides.
  const known = textOf(status) ?? (typeof code === 'number' ? `${code}` : (textOf(code) ?? textOf(type)));
  return { hasFailed: true, properties: { 'system.failure': known ?? 'error' } };
}
