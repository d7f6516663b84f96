import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Batch } from './contender.ts';
import type { Spec } from './operations.ts';

const script = fileURLToPath(new URL('contender.ts', import.meta.url));

/** A way of making calls, in a process of its own. */
export class ContenderProcess {
  readonly #process: ChildProcess;
  #answer = Promise.withResolvers<Batch>();

  /** @param flags - Of Node.js. */
  constructor(spec: Spec, flags: readonly string[]) {
    this.#process = fork(script, [JSON.stringify(spec)], { execArgv: ['--no-warnings', ...flags] });
    this.#process.on('message', (batch) => this.#answer.resolve(batch as Batch));
    this.#process.on('exit', (status) =>
      this.#answer.reject(new Error(`${JSON.stringify(spec)} ended with status ${status}`)),
    );
  }

  /** Makes a batch of so many calls. @throws when a call fails or is not observed. */
  run(calls: number): Promise<Batch> {
    this.#answer = Promise.withResolvers();
    this.#process.send(calls);
    return this.#answer.promise;
  }

  end(): void {
    this.#answer.promise.catch(() => {});
    this.#process.disconnect();
  }
}
