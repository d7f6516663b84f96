import {
  type EmbeddedBackend,
  type EmbeddedBackendOptions,
  startEmbeddedBackend,
} from './embedded-backend.ts';
import { type FinishedRun, runMain } from './run-main.ts';

/**
 * Runs the `main.ts` of an example with `--live`, in an environment that leads to local services instead.
 *
 * @param main - As for `runMain()`.
 * @param environment - Besides the variables that lead there.
 * @returns The run, and those services, closed: what they received can still be read.
 */
export async function runLive(
  main: URL,
  options: EmbeddedBackendOptions = {},
  environment: Readonly<Record<string, string>> = {},
): Promise<FinishedRun & { readonly backend: EmbeddedBackend }> {
  const backend = await startEmbeddedBackend(options);
  try {
    const run = await runMain(main, {
      args: ['--live'],
      environment: { ...backend.environment, ...environment },
    });
    return { ...run, backend };
  } finally {
    await backend.close();
  }
}
