import type { OnWarning } from './warnings.ts';

type Awaitable<Value> = Value | PromiseLike<Value>;

/** Calls to the store, each with a deadline. */
export interface StoreAccess {
  /**
   * Continues at once if the store answers at once.
   *
   * @param otherwise - Gets what the store threw, or an error after the deadline.
   */
  ask<Answer, Result>(
    work: () => Awaitable<Answer>,
    then: (answer: Answer) => Result,
    otherwise: (cause: unknown) => Result,
  ): Result | Promise<Result>;
  /** Does the work in the background; if the store fails, once more when it answers again, or with {@link retry}. */
  ensure(work: () => Awaitable<unknown>): void;
  /** Repeats what failed, and resolves when nothing is under way: `true` if all is done. */
  retry(): Promise<boolean>;
}

/** More work than that is given up while the store is down. */
const maxWaiting = 10_000;

export function reachStore(timeoutMs: number, warn: OnWarning): StoreAccess {
  let isDown = false;
  const waiting = new Set<() => Awaitable<unknown>>();
  const running = new Set<Promise<unknown>>();

  const ask = <Answer, Result>(
    work: () => Awaitable<Answer>,
    then: (answer: Answer) => Result,
    otherwise: (cause: unknown) => Result,
  ): Result | Promise<Result> => {
    const answered = (answer: Answer): Result => {
      if (isDown) {
        isDown = false;
        repeat();
      }
      return then(answer);
    };
    const failed = (cause: unknown): Result => {
      if (!isDown) warn({ code: 'STORE_DOWN', message: 'the store of budgets fails, or is too slow', cause });
      isDown = true;
      return otherwise(cause);
    };
    let answer: Awaitable<Answer>;
    try {
      answer = work();
    } catch (cause) {
      return failed(cause);
    }
    return isPromiseLike(answer) ? within(timeoutMs, answer).then(answered, failed) : answered(answer);
  };
  const ensure: StoreAccess['ensure'] = (work) => {
    const giveUp = (): void => {
      if (waiting.size < maxWaiting) waiting.add(work);
    };
    const asked = ask(work, () => {}, giveUp);
    if (asked === undefined) return;
    const done = asked.finally(() => running.delete(done));
    running.add(done);
  };
  const repeat = (): void => {
    const again = [...waiting];
    waiting.clear();
    for (const work of again) ensure(work);
  };
  return {
    ask,
    ensure,
    async retry() {
      await Promise.all(running);
      repeat();
      while (running.size > 0) await Promise.all(running);
      return waiting.size === 0;
    },
  };
}

function isPromiseLike<Value>(value: Awaitable<Value>): value is PromiseLike<Value> {
  return typeof (value as PromiseLike<Value> | undefined)?.then === 'function';
}

function within<Answer>(timeoutMs: number, answer: PromiseLike<Answer>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const isLate = (): void => reject(new Error(`no answer within ${timeoutMs} ms`));
    // A process that was busy for so long gets to read an answer that is already there.
    let timer = setTimeout(() => {
      timer = setTimeout(isLate, 0);
    }, timeoutMs);
    Promise.resolve(answer)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}
