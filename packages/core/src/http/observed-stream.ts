import { type ReadResult, type WebReader, type WebStream, type WebStreamController, web } from '../web.ts';

/** Where the bytes of an observed stream come from. */
export interface StreamDoor {
  /** Told once, before the first read: where to say that the end was reached, and with which error. */
  opened(end: StreamEnd): void;
  /** As `ReadableStreamDefaultReader.read()`. */
  read(): Promise<ReadResult>;
  /** The reader does not want more. */
  cancel(reason: unknown): Promise<void>;
}

/** Brings a stream into the state that its reader has reached. May be told more than once. */
export interface StreamEnd {
  close(): void;
  fail(error: unknown): void;
}

interface ObservedReader {
  read: WebReader['read'];
  releaseLock: WebReader['releaseLock'];
}

type Iterable = { [Symbol.asyncIterator]: unknown; values: unknown };

const used = new WeakSet<WebStream>();

/** Has somebody begun to read this stream, or closed it? A `Response` made of such a stream is refused. */
export function isUsed(stream: WebStream): boolean {
  return used.has(stream);
}

/**
 * A `ReadableStream` of what comes through a door, asked for when somebody reads and not before.
 *
 * Readers and loops ask at the door themselves: the queue of a stream would cost each chunk two turns more than reading
 * it. What takes bytes in another way (`pipeTo`, `tee`, `new Response`) gets them through the stream's queue, which holds
 * nothing between reads.
 */
export function observedStream(door: StreamDoor): WebStream {
  let control: WebStreamController | undefined;
  const close = (): void => attempt(() => control?.close());
  door.opened({ close, fail: (error) => attempt(() => control?.error(error)) });
  const stream = new web.ReadableStream(
    {
      start(controller) {
        control = controller;
      },
      async pull(controller) {
        used.add(stream);
        const { done, value } = await door.read();
        if (done) close();
        else controller.enqueue(value as Uint8Array);
      },
      cancel(reason) {
        used.add(stream);
        return door.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
  const getPlainReader = stream.getReader;
  const getReader = (options?: unknown): WebReader => {
    const reader = getPlainReader.call(stream, options);
    if ((options as { mode?: unknown } | undefined)?.mode !== undefined) return reader;
    const { read, releaseLock } = reader;
    const observed: ObservedReader = reader;
    // Named before they are assigned: V8 puts literals that are assigned to a property, and all they hold, among the old
    // objects at once.
    // The first goes through the queue, so that the stream knows that it is being read, and says so (`bodyUsed`).
    const readAtDoor = (): Promise<ReadResult> => (used.has(stream) ? door.read() : read.call(reader));
    const release = (): void => {
      observed.read = read;
      releaseLock.call(reader);
    };
    observed.read = readAtDoor;
    observed.releaseLock = release;
    return reader;
  };
  const values = (options?: { preventCancel?: boolean }): AsyncIterableIterator<Uint8Array | undefined> =>
    iterate(getReader(), options?.preventCancel === true);
  define(stream, 'getReader', getReader);
  define(stream, 'values', values);
  define(stream as unknown as Iterable, Symbol.asyncIterator, values);
  return stream;
}

function iterate(reader: WebReader, preventCancel: boolean): AsyncIterableIterator<Uint8Array | undefined> {
  let isOver = false;
  return {
    async next() {
      if (isOver) return { done: true, value: undefined };
      try {
        const { done, value } = await reader.read();
        if (!done) return { done, value };
        isOver = true;
        reader.releaseLock();
        return { done, value: undefined };
      } catch (error) {
        isOver = true;
        reader.releaseLock();
        throw error;
      }
    },
    async return(value?: unknown) {
      if (!isOver) {
        isOver = true;
        const cancelled = preventCancel ? undefined : reader.cancel(value);
        reader.releaseLock();
        await cancelled;
      }
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** A stream that is closed, cancelled or broken already does not want to hear it again. */
function attempt(action: () => void): void {
  try {
    action();
  } catch {}
}

function define(object: object, name: PropertyKey, value: unknown): void {
  Object.defineProperty(object, name, { value, configurable: true, writable: true });
}
