import type { OperationName, Spec } from './operations.ts';

/** A row of an operation's table. */
export interface Case {
  readonly name: string;
  readonly spec: Spec;
  /** The name of the case that it is compared with: the bare client, given the same input and the same answer. */
  readonly against?: string;
}

const bare = 'bare client';
const bareWithHeaders = 'bare client, headers per call';

/** The ways to make a call, each beside the bare client that it is compared with. */
export function casesOf(operation: OperationName): Case[] {
  const at = { operation, isProxied: false } as const;
  const proxied = { operation, isProxied: true } as const;
  const ofProxy = (name: string): string => `${name}, answer of Pay-i`;
  return [
    { name: bare, spec: { ...at, way: 'bare', annotations: 'none' } },
    { name: bareWithHeaders, spec: { ...at, way: 'bare', annotations: 'per call' }, against: bare },
    { name: ofProxy(bare), spec: { ...proxied, way: 'bare', annotations: 'none' }, against: bare },
    {
      name: ofProxy(bareWithHeaders),
      spec: { ...proxied, way: 'bare', annotations: 'per call' },
      against: bare,
    },
    { name: 'by hand, context', spec: { ...at, way: 'by hand', annotations: 'context' }, against: bare },
    ...(operation === 'invoke-model'
      ? ([
          {
            name: 'by hand, headers per call',
            spec: { ...at, way: 'by hand', annotations: 'per call' },
            against: bareWithHeaders,
          },
        ] as const)
      : []),
    {
      name: 'Pay-i, no annotation, route headers',
      spec: { ...at, way: 'Pay-i', annotations: 'none', route: 'headers' },
      against: bare,
    },
    ...(['headers', 'direct', 'proxy'] as const).flatMap((route): Case[] => {
      const isProxied = route === 'proxy';
      const reference = (name: string): string => (isProxied ? ofProxy(name) : name);
      return [
        {
          name: `Pay-i, track(), route ${route}`,
          spec: { operation, isProxied, way: 'Pay-i', annotations: 'context', route },
          against: reference(bare),
        },
        {
          name: `Pay-i, headers per call, route ${route}`,
          spec: { operation, isProxied, way: 'Pay-i', annotations: 'per call', route },
          against: reference(bareWithHeaders),
        },
      ];
    }),
  ];
}
