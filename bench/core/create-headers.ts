/**
 * What createHeaders() costs on the hot path, against a literal written by hand.
 *
 *     npm run --silent build && node bench/core/create-headers.ts
 *
 * The literal builds the same headers from the same data with the same base64 function, and checks nothing. Contestants
 * take turns in short rounds, so that a slow moment of the machine hits all of them; the figures are medians over the
 * rounds, with the first and the last decile beside them.
 *
 * createHeaders() remembers, per field, the last text that it found good. In the first comparison calls differ in their
 * user, as those of one application do; in the second no text, list or bag is ever the one of the call before.
 */
import { deepStrictEqual } from 'node:assert/strict';
import { mergeHeaders, resolvePayi } from '../../packages/core/dist/adapter.js';
import { type Annotations, createHeaders, createPayi } from '../../packages/core/dist/index.js';

const rounds = 400;
const warmUpRounds = 100;
const callsPerRound = 2000;

/** What the calls of one application share. */
const defaults = {
  useCaseName: 'document_summary',
  useCaseVersion: 3,
  useCaseStep: 'extract',
  useCaseProperties: { document_type: 'contract', language: 'en' },
  accountName: 'Acme, Inc.',
  limitIds: ['monthly_budget', 'team_budget'],
  requestTags: ['bedrock', 'claude'],
  requestProperties: { environment: 'production', region: 'us-east-1' },
  priceAsCategory: 'system.aws.bedrock',
  priceAsResource: 'anthropic.claude-sonnet-4',
  resourceScope: 'region.us-east-1',
  logPromptAndResponse: false,
  useCaseId: 'b6d5cbbc-0000-4000-8000-000000000001',
} as const satisfies Annotations;

/** Each call has a user of its own, so that nothing can be remembered from the call before. */
const users = Array.from({ length: 64 }, (_, index) => `data_scientist_${index}`);
const allFields = users.map((userId) => ({ ...defaults, userId }));
/** Annotations of which every value differs from one turn to the next. */
const alwaysNew = users.map((userId, index) => ({
  ...defaults,
  userId,
  useCaseName: `document_summary_${index}`,
  useCaseId: `b6d5cbbc-0000-4000-8000-0000000000${index}`,
  useCaseVersion: index,
  useCaseStep: `extract ${index}`,
  useCaseProperties: { document_type: `contract ${index}`, language: 'en' },
  accountName: `Acme ${index}, Inc.`,
  limitIds: [`monthly_budget_${index}`, 'team_budget'],
  requestTags: ['bedrock', `claude_${index}`],
  requestProperties: { environment: 'production', region: `us-east-${index}` },
  priceAsCategory: `system.aws.bedrock.${index}`,
  priceAsResource: `anthropic.claude-sonnet-${index}`,
  resourceScope: `region.us-east-${index}` as const,
}));
const { defaultHeaders } = resolvePayi(createPayi({ apiKey: 'not-used', defaults }));

type Filled = { readonly [Field in keyof Annotations]-?: NonNullable<Annotations[Field]> };

function literal(annotations: Filled): Record<string, string> {
  return {
    'xProxy-Limit-IDs': annotations.limitIds.join(','),
    'xProxy-Request-Tags': annotations.requestTags.join(','),
    'xProxy-User-ID': annotations.userId,
    'xProxy-Account-Name': annotations.accountName,
    'xProxy-UseCase-ID': annotations.useCaseId,
    'xProxy-UseCase-Name': annotations.useCaseName,
    'xProxy-UseCase-Version': String(annotations.useCaseVersion),
    'xProxy-UseCase-Step': annotations.useCaseStep,
    'xProxy-UseCase-Properties': btoa(JSON.stringify(annotations.useCaseProperties)),
    'xProxy-Request-Properties': btoa(JSON.stringify(annotations.requestProperties)),
    'xProxy-PriceAs-Category': annotations.priceAsCategory,
    'xProxy-PriceAs-Resource': annotations.priceAsResource,
    'xProxy-Resource-Scope': annotations.resourceScope,
    'xProxy-Logging-Disable': annotations.logPromptAndResponse ? 'False' : 'True',
  };
}

interface Contestant {
  readonly name: string;
  readonly run: (turn: number) => Record<string, string>;
  /** What it is compared with: the contestant that writes the literal of the same data. */
  readonly literal: string;
  readonly goal?: number;
}

const turns = users.length;
const at = <Item>(items: readonly Item[], turn: number): Item => items[turn % turns] as Item;

const newUser = 'literal, 14 fields, new user';
const newValues = 'literal, 14 fields, all new';
const contestants: readonly Contestant[] = [
  { name: newUser, literal: newUser, run: (turn) => literal(at(allFields, turn)) },
  {
    name: 'createHeaders, 14 fields, new user',
    literal: newUser,
    goal: 1.5,
    run: (turn) => createHeaders(at(allFields, turn)),
  },
  {
    name: 'mergeHeaders(defaults, createHeaders({ userId }))',
    literal: newUser,
    goal: 0.3,
    run: (turn) => mergeHeaders(defaultHeaders, createHeaders({ userId: at(users, turn) })),
  },
  { name: newValues, literal: newValues, run: (turn) => literal(at(alwaysNew, turn)) },
  {
    name: 'createHeaders, 14 fields, all new',
    literal: newValues,
    run: (turn) => createHeaders(at(alwaysNew, turn)),
  },
];

// Every contestant gives the headers of its literal, or the comparison means nothing.
for (const { run, literal: reference } of contestants) {
  const expected = contestants.find(({ name }) => name === reference) as Contestant;
  for (let turn = 0; turn < turns; turn += 1) deepStrictEqual(run(turn), expected.run(turn));
}

let sink = 0;

/** Nanoseconds per call over one round. */
function oneRound({ run }: Contestant): number {
  const start = process.hrtime.bigint();
  for (let turn = 0; turn < callsPerRound; turn += 1) {
    // A provider SDK reads the record next; without a read the engine may drop the work.
    sink += (run(turn)['xProxy-User-ID'] as string).length;
  }
  return Number(process.hrtime.bigint() - start) / callsPerRound;
}

const samples = new Map<string, number[]>(contestants.map(({ name }) => [name, []]));
for (let round = -warmUpRounds; round < rounds; round += 1) {
  for (const contestant of contestants) {
    const nanoseconds = oneRound(contestant);
    if (round >= 0) samples.get(contestant.name)?.push(nanoseconds);
  }
}

function quantile(name: string, share: number): number {
  const sorted = (samples.get(name) ?? []).toSorted((a, b) => a - b);
  return sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
}

console.log(
  `Node ${process.version}, ${rounds} interleaved rounds of ${callsPerRound} calls (checksum ${sink})`,
);
console.table(
  Object.fromEntries(
    contestants.map(({ name, literal: reference, goal }) => [
      name,
      {
        'median ns': Math.round(quantile(name, 0.5)),
        'p10..p90 ns': `${Math.round(quantile(name, 0.1))}..${Math.round(quantile(name, 0.9))}`,
        '× literal': (quantile(name, 0.5) / quantile(reference, 0.5)).toFixed(2),
        goal: goal === undefined ? '' : `≤ ${goal}`,
      },
    ]),
  ),
);
