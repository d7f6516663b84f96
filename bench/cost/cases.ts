import { instrumentations } from '../side-by-side/instrumentations.ts';
import { type Operation, type OperationName, operations, type Spec } from './operations.ts';

/** A row of an operation's table. */
export interface Case {
  readonly name: string;
  readonly spec: Spec;
  /** The name of the case that it is compared with: the bare client, given the same input and the same answer. */
  readonly against?: string;
}

const bare = 'bare client';
const bareWithHeaders = 'bare client, headers per call';
const byPayi = ', answer of Pay-i';

/**
 * The ways to do an operation, each with what it is compared with.
 *
 * @param withOthers - Whether instrumentations of others are among them.
 */
export function casesOf(operation: OperationName, withOthers: boolean): Case[] {
  const { provider, events, isPerEvent }: Operation = operations[operation];
  if (provider === undefined) return headerCases(operation);
  const others = instrumentations.filter(
    (each) =>
      each.provider === provider &&
      !each.notMeasured &&
      // It gives the caller one event of a stream.
      !(events !== undefined && each.module === '@traceloop/instrumentation-bedrock'),
  );
  return [
    { name: bare, spec: { operation, way: 'bare', annotations: 'none' } },
    ...(events === undefined ? references(operation) : []),
    {
      name: 'by hand, context',
      spec: { operation, way: 'by hand', annotations: 'context' },
      against: bare,
    },
    ...(events === undefined ? callCases(operation) : []),
    ...(events !== undefined ? [ofPayi(operation, 'context', 'headers')] : []),
    ...(events !== undefined && !isPerEvent ? [ofPayi(operation, 'context', 'direct')] : []),
    ...(withOthers && !isPerEvent ? others : []).map(
      ({ module }): Case => ({
        name: `\`${module}\``,
        spec: { operation, way: module, annotations: 'none' },
        against: bare,
      }),
    ),
  ];
}

/** What the SDK itself takes for the same headers, and for the result that Pay-i adds to an answer. */
const references = (operation: OperationName): Case[] => [
  { name: bareWithHeaders, spec: { operation, way: 'bare', annotations: 'per call' }, against: bare },
  {
    name: bare + byPayi,
    spec: { operation, way: 'bare', annotations: 'none', isProxied: true },
    against: bare,
  },
  {
    name: bareWithHeaders + byPayi,
    spec: { operation, way: 'bare', annotations: 'per call', isProxied: true },
    against: bare,
  },
];

const callCases = (operation: OperationName): Case[] => [
  // The AWS SDK takes no headers with a call; the others' own way is the bare client with headers per call.
  ...(operation === 'invoke-model'
    ? [
        {
          name: 'by hand, headers per call',
          spec: { operation, way: 'by hand', annotations: 'per call' },
          against: bareWithHeaders,
        } as const,
      ]
    : []),
  {
    name: 'Pay-i, no annotation, route `headers`',
    spec: { operation, way: 'Pay-i', annotations: 'none', route: 'headers' },
    against: bare,
  },
  ...(['headers', 'direct', 'proxy'] as const).flatMap((route) => [
    ofPayi(operation, 'context', route),
    ofPayi(operation, 'per call', route),
  ]),
  ...pluginCases(operation),
];

/** Each with what it adds to the same call without it. */
function pluginCases(operation: OperationName): Case[] {
  if (operation === 'anthropic-message') return [];
  const { name: without, spec } = ofPayi(operation, 'context', 'headers');
  const plugins = [
    ['otel', '`@payi/otel`, a span that is dropped'],
    ['budgets', '`@payi/budgets`, `memoryStore()`'],
    ...(operation === 'invoke-model' ? [['requestMetadata', '`requestMetadata`, 2 keys'] as const] : []),
  ] as const;
  return plugins.map(([plugin, name]) => ({
    name: `… with ${name}`,
    spec: { ...spec, plugin },
    against: without,
  }));
}

function ofPayi(
  operation: OperationName,
  annotations: 'context' | 'per call',
  route: NonNullable<Spec['route']>,
): Case {
  const isPerCall = annotations === 'per call';
  const reference = isPerCall ? bareWithHeaders : bare;
  return {
    name: `Pay-i, ${isPerCall ? 'headers per call' : '`track()`'}, route \`${route}\``,
    spec: {
      operation,
      way: 'Pay-i',
      annotations,
      route,
      ...(route === 'proxy' && { isProxied: true }),
    },
    against: route === 'proxy' ? reference + byPayi : reference,
  };
}

function headerCases(operation: OperationName): Case[] {
  const texts = [
    ['ready texts', {}],
    ['texts built for the call', { isBuilt: true }],
  ] as const;
  return texts.flatMap(([name, isBuilt]): Case[] => [
    {
      name: `a literal by hand, ${name}`,
      spec: { operation, way: 'by hand', annotations: 'per call', ...isBuilt },
    },
    {
      name: `\`createHeaders()\`, ${name}`,
      spec: { operation, way: 'Pay-i', annotations: 'per call', ...isBuilt },
      against: `a literal by hand, ${name}`,
    },
  ]);
}
