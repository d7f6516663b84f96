import type { OnDiagnostic } from '../settings/diagnostics.ts';
import type { WebSignal } from '../web.ts';

/**
 * Runs with what was loaded: at once, or when it is there.
 *
 * @param without - Runs instead if it cannot be loaded.
 * @param signal - If it is aborted during the wait, nothing runs and the promise rejects. This check is needed because
 *   the code that sends the call might listen for later aborts only.
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
    let part = this.#module === undefined ? undefined : create(this.#module);
    const load = async (): Promise<void> => {
      const module = await this.#begin();
      part ??= create(module);
    };
    const afterLoading: WithLoaded<Part> = async (run, without, signal) => {
      const wasAborted = signal?.aborted;
      await load().catch((cause: unknown) => {
        report({
          code: 'INTERNAL_FAULT',
          message: 'a part of Pay-i could not be loaded, so a call was neither annotated nor observed',
          cause,
        });
      });
      if (signal?.aborted === true && wasAborted === false) throw signal.reason;
      return part === undefined ? without() : run(part);
    };
    if (part === undefined) load().catch(() => {});
    return (run, without, signal) => (part === undefined ? afterLoading(run, without, signal) : run(part));
  }

  /** After a failure, which may pass, the next call or client tries again. */
  async #begin(): Promise<Module> {
    this.#loading ??= this.#load();
    try {
      this.#module = await this.#loading;
      return this.#module;
    } catch (cause) {
      this.#loading = undefined;
      throw cause;
    }
  }
}
