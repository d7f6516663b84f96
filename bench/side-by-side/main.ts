/**
 * What it costs to say of a call who it is for, and to look at it: bare SDKs, headers by hand, Pay-i and the
 * instrumentations one would pick instead, side by side.
 *
 *     npm run bench              prints the table
 *     npm run bench -- --write   puts it into docs/benchmarks.md, too
 *     npm run bench -- --quick   shows that every contestant works; its figures mean nothing
 *
 * docs/benchmarks.md says what is measured and how.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeMachine } from '../harness/machine.ts';
import { rerunWithFlags } from '../harness/rerun-with-flags.ts';
import { bundleSize } from './bundle-size.ts';
import { checkInterference } from './check-interference.ts';
import { measureColdImports } from './cold-import.ts';
import { installFootprint } from './install-footprint.ts';
import { measureCalls } from './measure-calls.ts';
import { contestantsRoot } from './module-copy.ts';
import { packageSets } from './packages.ts';
import { prepareContestants } from './prepare-contestants.ts';
import { providers } from './providers.ts';
import { renderPage } from './render.ts';
import type { Results, Weight } from './results.ts';
import { scenarios } from './scenarios.ts';
import { startServers } from './start-servers.ts';
import { writePages } from './write-pages.ts';

rerunWithFlags(['--expose-gc']);
const isQuick = process.argv.includes('--quick');

await step('installing what is compared', prepareContestants);
const machine = await step('watching the machine', describeMachine);
const calls: Record<string, Results['calls'][string]> = {};
const servers = await startServers();
for (const { name, contestants } of providers) {
  calls[name] = await step(`calling ${name}`, () => measureCalls(contestants, scenarios, servers, isQuick));
}
servers.close();
const weights = await step('importing and bundling', weigh);
const interference = await step('checking for interference', () => checkInterference(isQuick));

const results: Results = { machine, versions: versions(), calls, weights, interference };
process.stdout.write(`\n${renderPage(results)}\n`);
if (isQuick)
  process.stdout.write('\nIn so few rounds these figures mean nothing: they show that everything works.\n');
if (process.argv.includes('--write')) await writePages(results);

async function step<Result>(what: string, run: () => Promise<Result>): Promise<Result> {
  const startedAt = performance.now();
  process.stderr.write(`${what} …`);
  const result = await run();
  process.stderr.write(` ${((performance.now() - startedAt) / 1000).toFixed(0)} s\n`);
  return result;
}

async function weigh(): Promise<Record<string, Weight>> {
  const imports = await measureColdImports(packageSets, isQuick);
  const weighed: Record<string, Weight> = {};
  for (const set of packageSets) {
    const name = set.packages.join(' ');
    weighed[name] = {
      imports: imports[name] ?? [],
      footprint: installFootprint(set),
      bundle: await bundleSize(set),
    };
  }
  return weighed;
}

function versions(): Record<string, string> {
  const names = new Set([
    ...providers.map(({ sdk }) => sdk),
    ...packageSets.flatMap(({ packages }) => packages),
  ]);
  return Object.fromEntries(
    [...names].map((name) => {
      const manifest = readFileSync(join(contestantsRoot, 'node_modules', name, 'package.json'), 'utf8');
      return [name, (JSON.parse(manifest) as { version: string }).version];
    }),
  );
}
