import type { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { facts, logOf } from '../facts.ts';
import { silence } from '../lab.ts';
import type { Surface } from '../surface.ts';
import type { Behaviors } from './behavior.ts';

const ofWhole = ({ isStream }: Surface): boolean => !isStream;
/** The SDK's sockets measure these, from before a request is sent: a slow machine lets more of them pass. */
const timeoutMs = 300;
const patience = { maxRetries: 20 };
const wasRetried = ({ $metadata }: { $metadata?: { attempts?: number } }): boolean =>
  Number($metadata?.attempts) > 1;

/** Of the AWS SDK alone. */
export const bedrockBehaviors: Behaviors = {
  'a time limit of the client': {
    on: ofWhole,
    limits: { timeoutMs, ...patience },
    hidesRequests: true,
    see: async (lab) => {
      lab.answer(silence, ...Array.from({ length: 20 }, () => lab.good('again')));
      return wasRetried(await lab.call());
    },
  },
  'a time limit of the call': {
    on: ofWhole,
    limits: patience,
    hidesRequests: true,
    see: async (lab) => {
      lab.answer(silence, ...Array.from({ length: 20 }, () => lab.good('again')));
      return wasRetried(await lab.call({ timeoutMs }));
    },
  },
  'a time limit that the call ends with': {
    on: ofWhole,
    limits: { timeoutMs },
    hidesRequests: true,
    receipts: 'any',
    see: async (lab) => {
      lab.answer(silence);
      // The handlers of the SDK have words of their own.
      return lab.call().catch(({ name }: Error) => name);
    },
  },
  'a client that was destroyed': {
    receipts: 2,
    see: async (lab) => {
      lab.answer(lab.good('one'), lab.good('two'));
      const one = await lab.send();
      const first = await logOf(one.events);
      (lab.connection.client as BedrockRuntimeClient).destroy();
      const two = await lab.send();
      return facts([one.answer, first, two.answer, await logOf(two.events)]);
    },
  },
  'middleware of the caller': {
    see: async (lab) => {
      lab.answer(lab.good('Hi'));
      const log: unknown[] = [];
      const { middlewareStack } = lab.connection.client as BedrockRuntimeClient;
      for (const step of ['initialize', 'serialize', 'build', 'finalizeRequest', 'deserialize'] as const) {
        const look = (next: (args: object) => Promise<object>) => async (args: { input: object }) => {
          log.push([step, Object.keys(args.input)]);
          const result = (await next(args)) as { output?: object };
          log.push([step, Object.keys(result.output ?? {})]);
          return result;
        };
        middlewareStack.add(look as never, { step, name: `look at ${step}` } as never);
      }
      const { events } = await lab.send();
      return [await logOf(events), log];
    },
  },
};
