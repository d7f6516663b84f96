import { type ReadResult, type WebReader, type WebStream, type WebStreamController, web } from '../web.ts';

/** What a reader gets at the end of a stream. */
export const over: ReadResult = Object.freeze({ done: true, value: undefined });

/** Where the bytes of an {@link ObservedStream} come from. */
export abstract class UnderlyingSource {
  /** Whether reading the stream has begun, or it was cancelled. `new Response()` refuses a used stream. */
  isUsed = false;
  #controller: WebStreamController | undefined;

  /** As `ReadableStreamDefaultReader.read()`. */
  abstract read(): Promise<ReadResult>;
  /** The reader wants no more. */
  protected abstract leave(reason: unknown): Promise<void>;

  start(controller: WebStreamController): void {
    this.#controller = controller;
  }

  async pull(controller: WebStreamController): Promise<void> {
    this.isUsed = true;
    const { done, value } = await this.read();
    if (done) this.close();
    else controller.enqueue(value as Uint8Array);
  }

  cancel(reason: unknown): Promise<void> {
    this.isUsed = true;
    return this.leave(reason);
  }

  /** Closes the stream, unless it is over already. */
  protected close(): void {
    const controller = this.#controller;
    this.#controller = undefined;
    try {
      controller?.close();
    } catch {}
  }

  /** Ends the stream with an error, unless it is over already. */
  protected fail(error: unknown): void {
    this.#controller?.error(error);
  }
}

const ReadableStream: typeof web.ReadableStream = web.ReadableStream;
const ReadableStreamDefaultReader: typeof web.ReadableStreamDefaultReader = web.ReadableStreamDefaultReader;
const noQueue = { highWaterMark: 0 };

/**
 * A stream that asks its source when somebody reads, and not before.
 *
 * Readers and loops ask the source itself: the queue of a stream costs each chunk two more turns. `pipeTo`, `tee` and
 * `new Response` read through the queue, which holds nothing between reads.
 */
export class ObservedStream extends ReadableStream {
  readonly #source: UnderlyingSource;

  constructor(source: UnderlyingSource) {
    super(source, noQueue);
    this.#source = source;
  }

  /** Whether reading it has begun, or it was cancelled. */
  static isUsed(stream: ObservedStream): boolean {
    return stream.#source.isUsed;
  }

  override getReader(options?: unknown): WebReader {
    const isOfBytes = (options as { mode?: unknown } | null | undefined)?.mode !== undefined;
    return isOfBytes ? super.getReader(options) : new ObservedReader(this, this.#source);
  }

  values(options?: { preventCancel?: boolean }): AsyncIterableIterator<Uint8Array | undefined> {
    return new ChunkIterator(this.getReader(), options?.preventCancel === true);
  }

  [Symbol.asyncIterator](options?: {
    preventCancel?: boolean;
  }): AsyncIterableIterator<Uint8Array | undefined> {
    return this.values(options);
  }
}

class ObservedReader extends ReadableStreamDefaultReader {
  #source: UnderlyingSource | undefined;

  constructor(stream: WebStream, source: UnderlyingSource) {
    super(stream);
    this.#source = source;
  }

  /** The first read goes through the queue, so that the stream knows that it is used. */
  override read(): Promise<ReadResult> {
    return this.#source?.isUsed === true ? this.#source.read() : super.read();
  }

  override releaseLock(): void {
    this.#source = undefined;
    super.releaseLock();
  }
}

class ChunkIterator implements AsyncIterableIterator<Uint8Array | undefined> {
  readonly #preventCancel: boolean;
  #reader: WebReader | undefined;

  constructor(reader: WebReader, preventCancel: boolean) {
    this.#reader = reader;
    this.#preventCancel = preventCancel;
  }

  next(): Promise<IteratorResult<Uint8Array | undefined>> {
    const reading = this.#reader?.read().then(this.#onRead, this.#onError) ?? Promise.resolve(over);
    return reading as Promise<IteratorResult<Uint8Array | undefined>>;
  }

  readonly #onRead = (result: ReadResult): ReadResult => {
    if (result.done) this.#release();
    return result;
  };

  readonly #onError = (error: unknown): never => {
    this.#release();
    throw error;
  };

  async return(value?: unknown): Promise<IteratorResult<Uint8Array | undefined>> {
    const reader = this.#reader;
    const cancelled = this.#preventCancel ? undefined : reader?.cancel(value);
    this.#release();
    await cancelled;
    return { done: true, value };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #release(): void {
    this.#reader?.releaseLock();
    this.#reader = undefined;
  }
}
