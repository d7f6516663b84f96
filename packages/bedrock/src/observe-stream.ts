// Only the AWS SDK's streams are async iterables of parsed events; the streams of the other SDKs are bytes.
import { type Reading, StreamWatch, type WatchedStream } from '@payi/core/calls';

/** What the observer of a stream needs besides the stream. */
export interface StreamSource<Event> extends WatchedStream {
  /** What an event says about the call; `undefined` for nothing, as for most events. */
  read(event: Event): Reading | undefined;
}

/**
 * Observes a stream as the caller reads it: the same events, in the same order, at the caller's pace. Nothing is read
 * ahead.
 *
 * @returns An object like the stream, for the caller to use in its place.
 */
export function observeStream<Event>(
  stream: AsyncIterable<Event>,
  source: StreamSource<Event>,
): AsyncIterable<Event> {
  const watch = new StreamWatch(source);
  // Like the original except for its iterator.
  const observed = Object.create(Object.getPrototypeOf(stream) as object, {
    ...Object.getOwnPropertyDescriptors(stream),
    [Symbol.asyncIterator]: {
      value: () => observeIterator(stream[Symbol.asyncIterator](), source, watch, observed),
      configurable: true,
      enumerable: Object.prototype.propertyIsEnumerable.call(stream, Symbol.asyncIterator),
      writable: true,
    },
  }) as AsyncIterable<Event>;
  source.observation.attachTo(observed);
  watch.settleWhenGone(observed);
  return observed;
}

/** @param owner - Kept alive by the iterator, so that a stream being read is not taken for one that is gone. */
function observeIterator<Event>(
  inner: AsyncIterator<Event>,
  source: StreamSource<Event>,
  watch: StreamWatch,
  owner: object,
): AsyncIterator<Event> & AsyncIterable<Event> & { readonly owner: object } {
  // After a fault of ours the call is settled, and events are passed on unread.
  let isBlind = false;
  let hasLeft = false;
  const look = ({ done, value }: IteratorResult<Event>): void => {
    if (isBlind) return;
    try {
      if (done === true) watch.ended();
      else watch.read(source.read(value));
    } catch (cause) {
      isBlind = true;
      source.observation.giveUp(cause);
    }
  };
  const onEvent = (result: IteratorResult<Event>): IteratorResult<Event> => {
    look(result);
    return result;
  };
  const onError = (error: unknown): never => {
    watch.failed(error);
    throw error;
  };
  const leave = (): void => {
    hasLeft = true;
    if (isBlind) source.close();
    else watch.leave(readOn);
  };
  const readOn = async (): Promise<number | undefined> => {
    const result = await inner.next();
    if (result.done === true) return undefined;
    look(result);
    return 1;
  };
  return {
    owner,
    next: () =>
      hasLeft ? Promise.resolve({ done: true, value: undefined }) : inner.next().then(onEvent, onError),
    async return(value?: unknown) {
      leave();
      return { done: true, value };
    },
    async throw(error?: unknown) {
      leave();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
