import { onTestFinished, vi } from 'vitest';

type Timer = NodeJS.Timeout;
type SetTimeout = (run: () => void, delayMs?: number, ...rest: unknown[]) => Timer;

const setTimeout: SetTimeout = globalThis.setTimeout;
const { clearTimeout } = globalThis;
const now = performance.now.bind(performance);

let aheadMs = 0;

/** Moves the clock of `performance.now()` forward until the test ends. Timers run as before. */
export function advanceClock(byMs: number): void {
  if (aheadMs === 0) {
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + aheadMs);
    onTestFinished(() => {
      clock.mockRestore();
      aheadMs = 0;
    });
  }
  aheadMs += byMs;
}

/** Timers that run when the test says so, by their lengths. */
const heldTimers = new Map<number, Map<Timer, () => void>>();

/** The timers of one length. */
export interface HeldTimers {
  /** How many of them wait. */
  readonly count: number;
  /**
   * Lets their time pass: runs those that wait now.
   *
   * @param onClockMs - How far the clock has moved by then.
   */
  pass(onClockMs?: number): void;
}

/**
 * Holds the timers that are set for exactly `delayMs`: they run when the test says so, and never because the machine is
 * slow. Timers that are left when the test ends run by themselves, because a module may count on them.
 */
export function holdTimers(delayMs: number): HeldTimers {
  if (heldTimers.size === 0) interceptTimers();
  const held = heldTimers.get(delayMs) ?? new Map<Timer, () => void>();
  heldTimers.set(delayMs, held);
  return {
    get count() {
      return held.size;
    },
    pass(onClockMs = delayMs) {
      advanceClock(onClockMs);
      for (const [timer, run] of [...held]) {
        globalThis.clearTimeout(timer);
        run();
      }
    },
  };
}

function interceptTimers(): void {
  const setOrHold: SetTimeout = (run, delayMs, ...rest) => {
    const held = heldTimers.get(delayMs ?? 0);
    if (held === undefined) return setTimeout(run, delayMs, ...rest);
    // Never due, but with the methods that its owner may call.
    const timer = setTimeout(() => {}, 2 ** 31 - 1).unref();
    held.set(timer, run);
    return timer;
  };
  const set = vi
    .spyOn(globalThis, 'setTimeout')
    .mockImplementation(setOrHold as typeof globalThis.setTimeout);
  const clear = vi.spyOn(globalThis, 'clearTimeout').mockImplementation((timer) => {
    for (const held of heldTimers.values()) held.delete(timer as Timer);
    clearTimeout(timer);
  });
  onTestFinished(() => {
    set.mockRestore();
    clear.mockRestore();
    for (const [delayMs, held] of heldTimers) {
      for (const [timer, run] of held) {
        clearTimeout(timer);
        setTimeout(run, delayMs).unref();
      }
    }
    heldTimers.clear();
  });
}
