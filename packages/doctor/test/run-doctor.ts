import { spawn } from 'node:child_process';
import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DoctorReport, Finding } from '../src/index.ts';

export interface DoctorRun {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const bin = fileURLToPath(new URL('../src/bin.ts', import.meta.url));
const directory = fileURLToPath(new URL('.', import.meta.url));

/** Runs the command as a user would, in the folder of the tests, with nothing of this process's environment but what Node.js needs. */
export function runDoctor(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<DoctorRun> {
  return new Promise((resolve, reject) => {
    const { PATH = '', HOME = '' } = process.env;
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', bin, ...args], {
      cwd: directory,
      env: { PATH, HOME, AWS_CONFIG_FILE: '/nonexistent', ...environment },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}

export const keyForTests = 'payi-key-of-a-test-4711';

export interface Diagnosis extends DoctorRun {
  readonly report: DoctorReport;
  /** The finding with this code, if there is one. */
  finding(code: string): Finding | undefined;
}

/**
 * With `--json --offline` and a key.
 *
 * @param module - In the folder `modules`, or an absolute path.
 */
export async function diagnoseModule(
  module: string,
  args: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<Diagnosis> {
  // A machine that is busy with other tests needs its time.
  const time = args.includes('--timeout') ? [] : ['--timeout', '60'];
  const path = isAbsolute(module) ? module : `modules/${module}`;
  const run = await runDoctor([path, '--json', '--offline', ...time, ...args], {
    PAYI_API_KEY: keyForTests,
    ...environment,
  });
  if (run.stdout === '') throw new Error(`nothing on stdout: ${run.stderr}`);
  const report = JSON.parse(run.stdout) as DoctorReport;
  return { ...run, report, finding: (code) => report.findings.find((finding) => finding.code === code) };
}
