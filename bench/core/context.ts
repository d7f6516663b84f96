/**
 * What a context costs: the call inside it, and track() itself.
 *
 *     npm run --silent build && node bench/core/context.ts
 *
 * Contestants take turns in short rounds, so that a slow moment of the machine hits all of them; the figures are medians
 * over the rounds, with the first and the last decile beside them, in nanoseconds.
 *
 * The process makes no context before the first two lines are measured, because nothing is paid until then. Afterwards,
 * `AsyncLocalStorage` is at work; what it costs the rest of the process is Node's and not measured here.
 */
import { annotateCall, resolvePayi } from '../../packages/core/dist/adapter.js';
import { getContext, track } from '../../packages/core/dist/context.js';
import { type Annotations, createHeaders, createPayi } from '../../packages/core/dist/index.js';

const rounds = 200;
const warmUpRounds = 100;
const callsPerRound = 2000;

const annotations = {
  useCaseName: 'document_summary',
  useCaseId: 'b6d5cbbc-0000-4000-8000-000000000001',
  useCaseVersion: 3,
  useCaseProperties: { document_type: 'contract', language: 'en' },
  accountName: 'Acme, Inc.',
  limitIds: ['monthly_budget', 'team_budget'],
  requestProperties: { environment: 'production', region: 'us-east-1' },
} as const satisfies Annotations;
const payi = resolvePayi(createPayi({ route: 'headers', defaults: annotations }));
const users = Array.from({ length: 64 }, (_, index) => `data_scientist_${index}`);
const perUser = users.map((userId) => ({ userId }));
const headersPerUser = perUser.map((given) => createHeaders(given));
const at = <Item>(items: readonly Item[], turn: number): Item => items[turn % items.length] as Item;

type Contestant = readonly [name: string, run: (turn: number) => unknown];

let sink = 0;

function oneRound(run: Contestant[1]): number {
  const start = process.hrtime.bigint();
  for (let turn = 0; turn < callsPerRound; turn += 1) if (run(turn) !== undefined) sink += 1;
  return Number(process.hrtime.bigint() - start) / callsPerRound;
}

function measure(contestants: readonly Contestant[]): void {
  const samples = new Map<string, number[]>(contestants.map(([name]) => [name, []]));
  for (let round = -warmUpRounds; round < rounds; round += 1) {
    for (const [name, run] of contestants) {
      const nanoseconds = oneRound(run);
      if (round >= 0) samples.get(name)?.push(nanoseconds);
    }
  }
  for (const [name, values] of samples) {
    values.sort((left, right) => left - right);
    const share = (part: number): string =>
      Math.round(values[Math.floor(part * rounds)] as number).toString();
    console.log(
      `${name.padEnd(60)} ${share(0.5).padStart(7)} ns   ${share(0.1).padStart(6)} … ${share(0.9)}`,
    );
  }
}

console.log(`Node.js ${process.version}\n\nno context in the process`);
measure([
  ['a call with the defaults', () => annotateCall(payi, undefined)],
  ['a call with headers of its own', (turn) => annotateCall(payi, at(headersPerUser, turn))],
]);

console.log('\nno context around, but contexts in the process');
track({}, () => undefined);
measure([
  ['a call with the defaults', () => annotateCall(payi, undefined)],
  ['a call with headers of its own', (turn) => annotateCall(payi, at(headersPerUser, turn))],
]);

console.log('\nin a context over the defaults');
track({ userId: 'u-1', limitIds: ['of_the_context'] }, () => {
  measure([
    ['a call', () => annotateCall(payi, undefined)],
    ['a call with headers of its own', (turn) => annotateCall(payi, at(headersPerUser, turn))],
    ['getContext()', () => getContext()],
  ]);
});

console.log('\na context for one request');
const call = (): unknown => annotateCall(payi, undefined);
measure([
  ['track({ userId })', (turn) => track(at(perUser, turn), getContext)],
  [
    'track({ userId, useCaseName }), with an id made up',
    (turn) => track({ ...at(perUser, turn), useCaseName: 'chat' }, getContext),
  ],
  ['track() of seven fields', () => track(annotations, getContext)],
  ['track({ userId }) and the first call in it', (turn) => track(at(perUser, turn), call)],
]);

if (sink < 0) console.log(sink);
