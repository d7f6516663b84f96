/**
 * What Pay-i, code by hand and instrumentations add to the bare client, in bytes and microseconds per call.
 *
 *     npm run bench:cost                           everything
 *     npm run bench:cost -- --only invoke-model    one operation; several with a comma between them
 *     npm run bench:cost -- --bytes                bytes alone, which do not hang on a clock
 *     npm run bench:cost -- --check                bytes alone, and fails when a goal is exceeded
 *     npm run bench:cost -- --others               instrumentations of others, too
 *     npm run bench:cost -- --write                everything, and puts it into docs/benchmarks.md
 *     npm run bench:cost -- --quick                shows that everything works; its figures mean nothing
 *
 * docs/benchmarks.md says what is measured and how.
 */
import { parseArgs } from 'node:util';
import { fillPage } from '../harness/fill-page.ts';
import { describeMachine, renderMachine } from '../harness/machine.ts';
import { installOthers } from '../side-by-side/prepare-contestants.ts';
import { casesOf } from './cases.ts';
import { type Effort, measure } from './measure.ts';
import { type OperationName, operations } from './operations.ts';
import { exceeded, renderOperation } from './render.ts';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    case: { type: 'string', default: '' },
    bytes: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    others: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
  },
});
const effort: Effort = options.quick
  ? { warmUpShare: 0.02, rounds: 1, batches: 2 }
  : { warmUpShare: 1, rounds: options.bytes || options.check ? 0 : 3, batches: 8 };

const withOthers = options.others || options.write;
if (withOthers) await installOthers();
const machine = options.write ? await describeMachine() : undefined;
const tables: string[] = [];
for (const name of chosen(options.only)) {
  const startedAt = performance.now();
  const all = casesOf(name, withOthers);
  const wanted = new Set(all.filter((each) => each.name.includes(options.case)));
  // What they are compared with, too, which is added while the set is walked.
  for (const { against } of wanted) {
    const reference = all.find(({ name }) => name === against);
    if (reference !== undefined) wanted.add(reference);
  }
  const cases = all.filter((each) => wanted.has(each));
  const figures = await measure(cases, effort);
  const table = renderOperation(name, cases, figures);
  tables.push(table);
  process.stdout.write(`\n${table}\n`);
  process.stderr.write(`${((performance.now() - startedAt) / 1000).toFixed(0)} s\n`);
  if (!options.check) continue;
  for (const line of exceeded(cases, figures)) {
    process.stderr.write(`${line}\n`);
    process.exitCode = 1;
  }
}

if (machine !== undefined) {
  const circumstances = renderMachine(machine, `${effort.rounds} rounds of ${effort.batches} batches`);
  await fillPage(
    'docs/benchmarks.md',
    'npm run bench:cost -- --write',
    [circumstances, ...tables].join('\n\n'),
  );
}

function chosen(only: string | undefined): OperationName[] {
  const known = Object.keys(operations) as OperationName[];
  const names = only?.split(',') ?? known;
  const unknown = names.filter((name) => !known.includes(name as OperationName));
  if (unknown.length === 0) return names as OperationName[];
  throw new Error(`unknown: ${unknown.join(', ')}; there are ${known.join(', ')}`);
}
