import type { BedrockRuntimeClient, InvokeModelCommandInput } from '@aws-sdk/client-bedrock-runtime';
import type { Route } from '@payi/core';
import { redirectByHand } from '../../packages/bedrock/test/redirect-by-hand.ts';
import { headersByHand } from './annotations.ts';
import { eventCount } from './answers.ts';
import type { ContestantDefinition } from './contestant.ts';
import { type InstrumentationDefinition, instrumentationsOf, observeWith } from './instrumentations.ts';
import { noObserver, type Observer, observeByHand } from './observer.ts';
import { observeWithPayi, type PayiAddress } from './payi-observer.ts';

type Sdk = typeof import('@aws-sdk/client-bedrock-runtime');
type Headers = Record<string, string>;

/** A way of looking at Bedrock calls. */
export interface BedrockWay {
  readonly observer: Observer;
  /** Begins to look at the calls of a client. @returns How to stop. */
  instrument(client: BedrockRuntimeClient): () => void;
  /** The annotations of one call, where the input takes them. */
  headers?(user: string): Headers;
}

export interface BedrockDefinition {
  readonly name: string;
  readonly packages: readonly string[];
  prepare(require: NodeJS.Require, payi: PayiAddress): BedrockWay;
}

const operations = ['InvokeModel', 'InvokeModelWithResponseStream', 'Converse', 'ConverseStream'] as const;

const bare: BedrockDefinition['prepare'] = () => ({ observer: noObserver, instrument: () => () => {} });

const byHand: BedrockDefinition['prepare'] = () => {
  const observer = observeByHand();
  return {
    observer,
    instrument: ({ middlewareStack }) => {
      middlewareStack.add(
        (next) => (args) => {
          const { extraHeaders } = args.input as { extraHeaders?: Headers };
          const request = args.request as { headers: Headers };
          Object.assign(request.headers, extraHeaders ?? headersByHand(observer.user() ?? 'nobody'));
          return next(args);
        },
        // After signing: a gateway that takes these headers off leaves the signature valid.
        { name: 'headersByHand', step: 'finalizeRequest', priority: 'low' },
      );
      return () => middlewareStack.remove('headersByHand');
    },
    headers: headersByHand,
  };
};

/** What route `proxy` does with a call, without our packages. */
const throughProxyByHand: BedrockDefinition['prepare'] = (require, payi) => {
  const { observer, instrument, headers } = byHand(require, payi);
  return {
    observer: { ...observer, sends: 'to Pay-i' },
    instrument: (client) => {
      redirectByHand(payi)(client);
      return instrument(client);
    },
    ...(headers && { headers }),
  };
};

function withPayi(route: Route, asksForCosts?: boolean): BedrockDefinition['prepare'] {
  return (require, address) => {
    const { registerBedrockClientCallbacks } = require('@payi/bedrock') as typeof import('@payi/bedrock');
    const observer = observeWithPayi(require, route, address, asksForCosts);
    return {
      observer,
      instrument: (client) => {
        const registration = registerBedrockClientCallbacks(client, operations, { payi: observer.payi });
        return () => registration.unregister();
      },
      headers: observer.headers,
    };
  };
}

function traced(definition: InstrumentationDefinition): Pick<BedrockDefinition, 'prepare'> {
  return {
    prepare(require) {
      const { observer, instrumentation } = observeWith(definition, require);
      // They learn of a module when it is required; from then on they can be switched.
      instrumentation.enable();
      require('@aws-sdk/client-bedrock-runtime');
      instrumentation.disable();
      return {
        observer,
        instrument: () => {
          instrumentation.enable();
          return () => instrumentation.disable();
        },
      };
    },
  };
}

const ours = ['@payi/core', '@payi/bedrock'];

export const bedrockDefinitions: readonly BedrockDefinition[] = [
  { name: 'bare client', packages: [], prepare: bare },
  { name: 'bare client again', packages: [], prepare: bare },
  { name: 'header middleware by hand', packages: [], prepare: byHand },
  { name: 'Pay-i, route `headers`', packages: ours, prepare: withPayi('headers') },
  { name: 'Pay-i, route `direct`', packages: ours, prepare: withPayi('direct') },
  {
    name: 'Pay-i, route `direct`, asking for costs',
    packages: ours,
    prepare: withPayi('direct', true),
  },
  { name: 'Pay-i, route `proxy`', packages: ours, prepare: withPayi('proxy') },
  // Over HTTP/1.1 as well, which costs the SDK less than HTTP/2: without this row route `proxy` would look like a gain.
  { name: 'bare client, through the proxy by hand', packages: [], prepare: throughProxyByHand },
  ...instrumentationsOf('bedrock', traced),
];

export const bedrockContestants: readonly ContestantDefinition[] = bedrockDefinitions.map(
  ({ name, packages, prepare }) => ({
    name,
    packages,
    load(require, { bedrock, payi }) {
      const { observer, instrument, headers } = prepare(require, payi);
      const sdk = require('@aws-sdk/client-bedrock-runtime') as Sdk;
      const client = new sdk.BedrockRuntimeClient(bedrock);
      const stop = instrument(client);
      return {
        observer,
        async call(wanted, user) {
          const input: InvokeModelCommandInput & { extraHeaders?: Headers } = {
            modelId: 'anthropic.claude-3-haiku-20240307-v1:0',
            contentType: 'application/json',
            body: JSON.stringify({
              anthropic_version: 'bedrock-2023-05-31',
              max_tokens: 500,
              messages: [{ role: 'user', content: wanted }],
            }),
          };
          if (user !== undefined && headers !== undefined) input.extraHeaders = headers(user);
          if (eventCount(wanted) === undefined) {
            const { body } = await client.send(new sdk.InvokeModelCommand(input));
            return body.length;
          }
          const { body } = await client.send(new sdk.InvokeModelWithResponseStreamCommand(input));
          let events = 0;
          for await (const _ of body ?? []) events += 1;
          return events;
        },
        async close() {
          stop();
          await observer.close();
          client.destroy();
        },
      };
    },
  }),
);
