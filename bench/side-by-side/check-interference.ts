import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { NonInterferenceReport } from '@payi/testkit/non-interference';
import { bedrockDefinitions } from './bedrock-contestants.ts';

const run = promisify(execFile);
const script = fileURLToPath(new URL('interference.ts', import.meta.url));

/**
 * Runs the non-interference suite for every way of looking at Bedrock calls, one after the other: it measures times.
 *
 * @returns By name.
 */
export async function checkInterference(quick: boolean): Promise<Record<string, NonInterferenceReport>> {
  const reports: Record<string, NonInterferenceReport> = {};
  for (const { name } of bedrockDefinitions) {
    if (name.startsWith('bare')) continue;
    const flags = ['--expose-gc', '--no-warnings', script, name, ...(quick ? ['--quick'] : [])];
    const { stdout } = await run(process.execPath, flags, { maxBuffer: 1e8 });
    reports[name] = JSON.parse(stdout) as NonInterferenceReport;
  }
  return reports;
}
