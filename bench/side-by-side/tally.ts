const patienceMs = 10_000;

/** Counts what happens in the background, and lets wait for it without spending processor time on waiting. */
export class Tally {
  count = 0;
  #target = 0;
  #reached: (() => void) | undefined;

  add(): void {
    this.count += 1;
    if (this.count >= this.#target) this.#reached?.();
  }

  /** @throws when it takes longer than ten seconds. */
  async reach(target: number): Promise<void> {
    if (this.count >= target) return;
    this.#target = target;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve, reject) => {
      this.#reached = resolve;
      timer = setTimeout(
        () => reject(new Error(`${this.count} of ${target} calls were recorded`)),
        patienceMs,
      );
    }).finally(() => clearTimeout(timer));
  }
}
