import type { OnDiagnostic } from '../settings/diagnostics.ts';
import type { WebSignal } from '../web.ts';

/**
 * Runs with what was loaded: at once, or when it is there.
 *
 * @param without - Runs instead if it cannot be loaded.
 * @param signal - If it is aborted during the wait, nothing runs and the promise rejects. What sends the call may only listen
 *   for an abort, and not check for an earlier one.
 */
export type WithLoaded<Part> = <Result>(
  run: (part: Part) => Promise<Result>,
  without: () => Promise<Result>,
  signal?: WebSignal | null,
) => Promise<Result>;

/**
 * A module of an adapter that only calls need. It is a chunk of its own, so that programs start sooner, and is loaded with
 * the first client. A call that comes before it waits for it. If it cannot be loaded, because a bundle was copied without its
 * chunks, calls go on without Pay-i, each with a diagnostic.
 */
export class LazyModule<Module> {
  readonly #load: () => Promise<Module>;
  #loading: Promise<Module> | undefined;
  #module: Module | undefined;

  constructor(load: () => Promise<Module>) {
    this.#load = load;
  }

  /**
   * Begins to load it.
   *
   * @param create - Creates what one client needs of the module.
   */
  prepare<Part>(create: (module: Module) => Part, report: OnDiagnostic): WithLoaded<Part> {
    if (this.#module !== undefined) {
      const part = create(this.#module);
      return (run) => run(part);
    }
    let part: Part | undefined;
    const loading = this.#begin()
      .then((module) => {
        part = create(module);
      })
      .catch((cause: unknown) => cause);
    return (run, without, signal) => {
      if (part !== undefined) return run(part);
      const wasAborted = signal?.aborted;
      return loading.then((cause) => {
        if (signal?.aborted === true && wasAborted === false) throw signal.reason;
        if (part !== undefined) return run(part);
        report({
          code: 'INTERNAL_FAULT',
          message: 'a part of Pay-i could not be loaded, so a call was neither annotated nor observed',
          cause,
        });
        return without();
      });
    };
  }

  async #begin(): Promise<Module> {
    this.#loading ??= this.#load();
    try {
      this.#module = await this.#loading;
      return this.#module;
    } catch (cause) {
      // The next client tries again.
      this.#loading = undefined;
      throw cause;
    }
  }
}
