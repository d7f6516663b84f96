/**
 * What createHeaders() costs on the hot path, against a literal written by hand.
 *
 *     npm run --silent build && node bench/core/create-headers.ts
 *
 * The literal builds the same headers from the same data with the same base64 function, and checks nothing. Contestants
 * take turns in short rounds, so that a slow moment of the machine hits all of them; the figures are medians over the
 * rounds, with the first and the last decile beside them.
 */
import { deepStrictEqual } from 'node:assert/strict';
import {
  type Annotations,
  createHeaders,
  createPayi,
  mergeHeaders,
  resolvePayi,
} from '../../packages/core/dist/index.js';

const rounds = 400;
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
const { defaultHeaders } = resolvePayi(createPayi({ apiKey: 'not-used', defaults }));

type Contestant = (turn: number) => Record<string, string>;

const literal: Contestant = (turn) => {
  const annotations = allFields[turn & 63] as (typeof allFields)[number];
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
};

const contestants: Record<string, Contestant> = {
  'literal, all 14 fields': literal,
  'createHeaders, all 14 fields': (turn) => createHeaders(allFields[turn & 63] as Annotations),
  'createHeaders, userId only': (turn) => createHeaders({ userId: users[turn & 63] }),
  'mergeHeaders(defaults, createHeaders({ userId }))': (turn) =>
    mergeHeaders(defaultHeaders, createHeaders({ userId: users[turn & 63] })),
};
const goals: Record<string, number> = {
  'createHeaders, all 14 fields': 1.5,
  'mergeHeaders(defaults, createHeaders({ userId }))': 0.3,
};

for (const turn of users.keys()) {
  deepStrictEqual(contestants['createHeaders, all 14 fields']?.(turn), literal(turn));
  deepStrictEqual(contestants['mergeHeaders(defaults, createHeaders({ userId }))']?.(turn), literal(turn));
}

let sink = 0;

/** Nanoseconds per call over one round. */
function oneRound(contestant: Contestant): number {
  const start = process.hrtime.bigint();
  for (let turn = 0; turn < callsPerRound; turn += 1) {
    // A provider SDK reads the record next; without a read the engine may drop the work.
    sink += (contestant(turn)['xProxy-User-ID'] as string).length;
  }
  return Number(process.hrtime.bigint() - start) / callsPerRound;
}

const samples = new Map<string, number[]>(Object.keys(contestants).map((name) => [name, []]));
for (let round = -rounds / 4; round < rounds; round += 1) {
  for (const [name, contestant] of Object.entries(contestants)) {
    const nanoseconds = oneRound(contestant);
    if (round >= 0) samples.get(name)?.push(nanoseconds);
  }
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
const sortedSamples = [...samples].map(([name, values]) => [name, values.sort((a, b) => a - b)] as const);
const literalMedian = quantile(sortedSamples[0]?.[1] ?? [], 0.5);

console.log(
  `Node ${process.version}, ${rounds} interleaved rounds of ${callsPerRound} calls (checksum ${sink})`,
);
console.table(
  Object.fromEntries(
    sortedSamples.map(([name, sorted]) => [
      name,
      {
        'median ns': Math.round(quantile(sorted, 0.5)),
        'p10..p90 ns': `${Math.round(quantile(sorted, 0.1))}..${Math.round(quantile(sorted, 0.9))}`,
        '× literal': (quantile(sorted, 0.5) / literalMedian).toFixed(2),
        goal: goals[name] === undefined ? '' : `≤ ${goals[name]}`,
      },
    ]),
  ),
);
