import type { Annotations } from '@payi/core';
import fc from 'fast-check';
import type { CallHeaders } from './expected-annotations.ts';

/** Where a task lets others run. */
export type Pause = 'none' | 'microtask' | 'tick' | 'immediate' | 'timer';

/** How the steps inside a `track()` come to run. */
export type Way = 'call' | 'async' | 'timer' | 'generator' | 'beside' | 'by value';

export type Step =
  | {
      readonly kind: 'call';
      readonly pause: Pause;
      readonly client: number;
      readonly headers: CallHeaders | undefined;
    }
  | {
      readonly kind: 'track';
      readonly given: Annotations;
      readonly way: Way;
      readonly steps: readonly Step[];
    };

// Few values, so that layers meet: the same use case again, a limit twice, a member over a member.
const text = (...values: string[]) => fc.constantFrom<string | null>(...values, ...values, '', null);
const bag = fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__'), fc.constantFrom('1', '2', 'ü', null), {
  maxKeys: 3,
  noNullPrototype: true,
});
const orNull = <Value>(values: fc.Arbitrary<Value>) => fc.option(values, { freq: 6 });

export const annotations: fc.Arbitrary<Annotations> = fc.record(
  {
    useCaseName: text('chat', 'search', 'plan'),
    useCaseId: text('i1', 'i2'),
    useCaseVersion: orNull(fc.nat(2)),
    useCaseStep: text('s1', 's2'),
    useCaseProperties: orNull(bag),
    userId: text('u1', 'u2', 'u3'),
    accountName: text('Acme', 'Acme, Inc.'),
    limitIds: orNull(fc.subarray(['l1', ' l2', 'l3 ', 'l4'])),
    requestTags: orNull(fc.subarray(['t1', 't2', 't3'])),
    requestProperties: orNull(bag),
    priceAsCategory: text('system.openai'),
    priceAsResource: text('gpt-4o'),
    resourceScope: fc.constantFrom('global', 'datazone.eu', null),
    logPromptAndResponse: orNull(fc.boolean()),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Annotations>;

const callHeaders: fc.Arbitrary<CallHeaders> = fc
  .record({
    given: annotations,
    clears: fc.subarray(['userId', 'useCaseName', 'limitIds', 'requestProperties']),
  })
  .map(({ given, clears }) => {
    // createHeaders() writes nothing for what is empty; what clears is an empty header, added by hand.
    const says = Object.entries(given).filter(
      ([field, value]) => !clears.includes(field) && value !== null && JSON.stringify(value).length > 2,
    );
    return { says: Object.fromEntries(says) as Annotations, clears: clears as CallHeaders['clears'] };
  });

const call = (clients: number): fc.Arbitrary<Step> =>
  fc.record({
    kind: fc.constant('call' as const),
    pause: fc.constantFrom<Pause>('none', 'microtask', 'tick', 'immediate', 'timer'),
    client: fc.nat(clients - 1),
    headers: fc.option(callHeaders, { nil: undefined }),
  });

/** Calls in contexts in contexts, up to five deep. */
export const steps = (clients: number): fc.Arbitrary<readonly Step[]> => {
  const { list } = fc.letrec<{ list: readonly Step[]; step: Step }>((tie) => ({
    list: fc.oneof(
      { weight: 4, arbitrary: fc.tuple(tie('step')) },
      { weight: 1, arbitrary: fc.tuple(tie('step'), tie('step')) },
    ),
    step: fc.oneof(
      { maxDepth: 4, depthIdentifier: 'track', withCrossShrink: true },
      { weight: 1, arbitrary: call(clients) },
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constant('track' as const),
          given: annotations,
          way: fc.constantFrom<Way>('call', 'async', 'timer', 'generator', 'beside', 'by value'),
          steps: tie('list'),
        }),
      },
    ),
  }));
  return list;
};
