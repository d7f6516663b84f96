import type { Observation, Reading } from '@payi/core/adapter';
import { type AbandonPolicy, closingBounds, type DrainBounds, drainBounds } from './abandon.ts';

/** What the observer of a stream needs besides the stream. */
export interface StreamSource<Event> {
  readonly observation: Observation;
  /** What an event says about the call; `undefined` for "nothing", which is what most say. Must not throw. */
  read(event: Event): Reading | undefined;
  /** Ends the provider's stream: closes its connection or cancels its request. Must not throw. */
  close(): void;
  readonly onAbandon: AbandonPolicy;
}

/**
 * Looks on while the caller reads: the same events, in the same order, at the caller's pace. Nothing is read ahead and
 * nothing is kept.
 *
 * @returns An object like the stream, to hand to the caller in its place.
 */
export function observeStream<Event>(
  stream: AsyncIterable<Event>,
  source: StreamSource<Event>,
): AsyncIterable<Event> {
  const reader = new StreamReader(source);
  // Like the original in all but iteration, whatever other members it has.
  const observed = Object.create(stream, {
    [Symbol.asyncIterator]: {
      value: () => observeIterator(stream[Symbol.asyncIterator](), reader, observed),
    },
  }) as AsyncIterable<Event>;
  source.observation.attachTo(observed);
  reader.settleWhenGone(observed);
  return observed;
}

/** @param owner - Kept alive by the iterator, so that a stream being read is not taken for one that is gone. */
function observeIterator<Event>(
  inner: AsyncIterator<Event>,
  reader: StreamReader<Event>,
  owner: object,
): AsyncIterator<Event> & AsyncIterable<Event> & { readonly owner: object } {
  const onEvent = (result: IteratorResult<Event>): IteratorResult<Event> => {
    if (result.done === true) reader.ended();
    else reader.saw(result.value);
    return result;
  };
  const onError = (error: unknown): never => {
    reader.failed(error);
    throw error;
  };
  return {
    owner,
    next: () => inner.next().then(onEvent, onError),
    async return(value?: unknown) {
      reader.leave(inner);
      return { done: true, value };
    },
    async throw(error?: unknown) {
      reader.leave(inner);
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** The part of a stream's observation that does not hold the stream. */
class StreamReader<Event> {
  readonly #source: StreamSource<Event>;
  #hasStopped = false;
  #isClosed = false;

  constructor(source: StreamSource<Event>) {
    this.#source = source;
  }

  /** A method, because a function in `observeStream` would share its scope with the stream and keep it alive. */
  settleWhenGone(observed: object): void {
    this.#source.observation.settleWhenGone(observed, () => this.leave(undefined));
  }

  saw(event: Event): void {
    const { observation } = this.#source;
    const reading = this.#source.read(event);
    if (reading === undefined) return;
    if (reading.hasContent === true) observation.firstToken();
    if (reading.isLast === true) this.#isClosed = true;
    if (reading.properties?.['system.stop_reason'] !== undefined) this.#hasStopped = true;
    observation.read('stream', reading);
  }

  /** The stream is at its end. Over HTTP/2 a lost connection looks the same, hence the look at the closing event. */
  ended(): void {
    const { observation } = this.#source;
    if (!this.#isClosed) observation.warn('the stream ended without its closing event');
    observation.settle(this.#isClosed ? 'complete' : 'partial');
  }

  failed(error: unknown): void {
    this.#source.observation.fail(error, 'partial');
  }

  /** The caller is gone; `inner` is where the rest can be read. Never makes the caller wait. */
  leave(inner: AsyncIterator<Event> | undefined): void {
    const { observation, onAbandon } = this.#source;
    if (observation.isSettled) return;
    const bounds = this.#hasStopped ? closingBounds : drainBounds(onAbandon);
    if (this.#isClosed) {
      observation.settle('complete');
    } else if (inner !== undefined && bounds !== undefined) {
      void this.#drain(inner, bounds);
      return;
    } else {
      observation.warn('the caller left the stream before its end');
      observation.settle('partial');
    }
    this.#source.close();
  }

  async #drain(inner: AsyncIterator<Event>, { drainMs, drainEvents }: DrainBounds): Promise<void> {
    const { observation } = this.#source;
    const giveUp = (): void => {
      if (observation.isSettled) return;
      observation.warn('the caller left the stream, and its end did not come within the bounds');
      observation.settle(this.#isClosed ? 'complete' : 'partial');
      this.#source.close();
    };
    const timer = Number.isFinite(drainMs) ? setTimeout(giveUp, drainMs) : undefined;
    (timer as { unref?(): void } | undefined)?.unref?.();
    try {
      for (let events = 0; events < drainEvents && !observation.isSettled; events += 1) {
        const { done, value } = await inner.next();
        if (done === true) {
          this.ended();
          return;
        }
        this.saw(value);
      }
      giveUp();
    } catch (error) {
      this.failed(error);
    } finally {
      clearTimeout(timer);
    }
  }
}
