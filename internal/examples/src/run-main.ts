import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** How a process ended and what it wrote. */
export interface FinishedRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the `main.ts` of an example in a process of its own, with no environment but the one given.
 *
 * @param main - The file, e.g. `new URL('main.ts', import.meta.url)`.
 */
export async function runMain(
  main: URL,
  { args = [], environment = {} }: { args?: readonly string[]; environment?: Record<string, string> } = {},
): Promise<FinishedRun> {
  return new Promise((resolve) => {
    const env = {
      PATH: process.env.PATH,
      // No profile of this machine, no role of this instance.
      HOME: '/nonexistent',
      AWS_EC2_METADATA_DISABLED: 'true',
      ...environment,
    };
    const child = execFile(
      process.execPath,
      [fileURLToPath(main), ...args],
      { env },
      (_error, stdout, stderr) => {
        resolve({ exitCode: child.exitCode ?? -1, stdout, stderr });
      },
    );
  });
}
