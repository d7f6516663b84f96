import type { OnWarning } from './warnings.ts';

/** Calls to the store, each with a deadline. */
export interface StoreAccess {
  /** @throws what the store threw, or an error after the deadline. */
  ask<Answer>(work: () => PromiseLike<Answer>): Promise<Answer>;
  /** Does the work in the background; if the store fails, once more when it answers again, or with {@link retry}. */
  ensure(work: () => PromiseLike<unknown>): void;
  /** Repeats what failed, and resolves when nothing is under way: `true` if all is done. */
  retry(): Promise<boolean>;
}

/** More work than that is given up while the store is down. */
const maxWaiting = 10_000;

export function reachStore(timeoutMs: number, warn: OnWarning): StoreAccess {
  let isDown = false;
  const waiting = new Set<() => PromiseLike<unknown>>();
  const running = new Set<Promise<unknown>>();

  const ask: StoreAccess['ask'] = async (work) => {
    try {
      const answer = await within(timeoutMs, work);
      if (isDown) {
        isDown = false;
        repeat();
      }
      return answer;
    } catch (cause) {
      if (!isDown) warn({ code: 'STORE_DOWN', message: 'the store of budgets fails, or is too slow', cause });
      isDown = true;
      throw cause;
    }
  };
  const ensure: StoreAccess['ensure'] = (work) => {
    const done = ask(work)
      .catch(() => {
        if (waiting.size < maxWaiting) waiting.add(work);
      })
      .finally(() => running.delete(done));
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

function within<Answer>(timeoutMs: number, work: () => PromiseLike<Answer>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const isLate = (): void => reject(new Error(`no answer within ${timeoutMs} ms`));
    // A process that was busy for so long gets to read an answer that is already there.
    let timer = setTimeout(() => {
      timer = setTimeout(isLate, 0);
    }, timeoutMs);
    new Promise<Answer>((start) => start(work())).then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
