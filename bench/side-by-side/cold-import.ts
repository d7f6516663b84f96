import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { takeTurns } from '../harness/take-turns.ts';
import { contestantsRoot } from './module-copy.ts';
import type { PackageSet } from './packages.ts';

const run = promisify(execFile);

export interface ColdImport {
  readonly milliseconds: number;
  /** How much heap and external memory stays in use. */
  readonly bytes: number;
}

/**
 * Imports sets of packages in processes of their own, in turns.
 *
 * @returns By the packages' names: each import after the provider's SDK, which an application has anyway.
 */
export async function measureColdImports(
  sets: readonly PackageSet[],
  quick: boolean,
): Promise<Record<string, ColdImport[]>> {
  const byName = Object.fromEntries(sets.map((set) => [set.packages.join(' '), set]));
  return takeTurns(byName, quick ? 1 : 9, importOnce);
}

async function importOnce({ packages, sdk }: PackageSet): Promise<ColdImport> {
  const script = join(contestantsRoot, 'cold-import.ts');
  const lists = [sdk === undefined ? [] : [sdk], packages].map((list) => JSON.stringify(list));
  const { stdout } = await run(process.execPath, ['--expose-gc', script, ...lists]);
  return JSON.parse(stdout) as ColdImport;
}
