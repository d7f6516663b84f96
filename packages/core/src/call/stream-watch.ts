import { later } from '../runtime.ts';
import { type AbandonPolicy, closingBounds, type DrainBounds, drainBounds } from '../settings/abandon.ts';
import type { Reading } from '../usage/reading.ts';
import type { Observation } from './observation.ts';

/** What a {@link StreamWatch} needs to know of its stream. Must not hold the object that the caller reads. */
export interface WatchedStream {
  readonly observation: Observation;
  /** Ends the provider's stream: closes its connection or cancels its request. Must not throw. */
  close(): void;
  readonly onAbandon: AbandonPolicy;
  /** Whether the closing event may be missing after a stop reason and counts. */
  readonly mayEndEarly?: boolean | undefined;
}

/** What an event of a stream says. */
export interface EventReading extends Reading {
  /** The event is an error: the provider broke off. */
  readonly hasFailed?: boolean;
}

/**
 * Reads on for a caller who left: hands what it reads to {@link StreamWatch.read}.
 *
 * @returns How many events came; `undefined` at the end. Rejects with the error of the stream.
 */
export type ReadOn = () => Promise<number | undefined>;

/** Decides when and how the call of a stream is settled. Knows what was read, and does not hold the stream. */
export class StreamWatch {
  readonly #stream: WatchedStream;
  #hasStopped = false;
  #hasCounts = false;
  #isClosed = false;
  #hasFailed = false;

  constructor(stream: WatchedStream) {
    this.#stream = stream;
  }

  /** A method, because a closure created beside the stream would keep it alive. */
  settleWhenGone(observed: object): void {
    this.#stream.observation.settleWhenGone(observed, () => this.leave(undefined));
  }

  /** To be called before the caller gets the event. `undefined` for an event that says nothing, as most do. */
  read(reading: EventReading | undefined): void {
    if (reading === undefined) return;
    const { observation } = this.#stream;
    if (reading.hasContent === true) observation.firstToken();
    if (reading.isLast === true) this.#isClosed = true;
    if (reading.properties?.['system.stop_reason'] !== undefined) this.#hasStopped = true;
    if (reading.units !== undefined) this.#hasCounts = true;
    if (reading.hasFailed === true) this.#hasFailed = true;
    observation.read('stream', reading);
  }

  /** The closing event, or an error, has been read. */
  get #isOver(): boolean {
    return this.#isClosed || this.#hasFailed;
  }

  /** The stream is at its end. A lost connection may look the same, so the closing event is checked. */
  ended(): void {
    if (this.#stream.mayEndEarly === true && this.#hasStopped && this.#hasCounts) this.#isClosed = true;
    this.#settle('the stream ended without its closing event');
  }

  /** Reading the stream threw. */
  failed(error: unknown): void {
    this.#stream.observation.fail(error, 'partial');
  }

  /**
   * The caller is gone. Never makes the caller wait.
   *
   * @param readOn - `undefined` when the rest cannot be read.
   * @returns Whether the rest is being read; otherwise the stream is closed.
   */
  leave(readOn: ReadOn | undefined): boolean {
    const { observation, onAbandon } = this.#stream;
    if (observation.isSettled) return false;
    const bounds = this.#hasStopped ? closingBounds : drainBounds(onAbandon);
    if (!this.#isOver && readOn !== undefined && bounds !== undefined) {
      void this.#drain(readOn, bounds);
      return true;
    }
    this.#settle('the caller left the stream before its end');
    this.#stream.close();
    return false;
  }

  #settle(warningUnlessOver: string): void {
    const { observation } = this.#stream;
    if (!this.#isOver) observation.warn(warningUnlessOver);
    observation.settle(this.#isClosed && !this.#hasFailed ? 'complete' : 'partial');
  }

  async #drain(readOn: ReadOn, { drainMs, drainEvents }: DrainBounds): Promise<void> {
    const { observation } = this.#stream;
    const giveUp = (): void => {
      if (observation.isSettled) return;
      this.#settle('the caller left the stream, and its end did not come within the bounds');
      this.#stream.close();
    };
    const takeBack = later(drainMs, giveUp);
    try {
      for (let events = 0; events < drainEvents && !observation.isSettled; ) {
        const more = await readOn();
        if (more === undefined) {
          this.ended();
          return;
        }
        events += more;
      }
      giveUp();
    } catch (error) {
      this.failed(error);
    } finally {
      takeBack();
    }
  }
}
