import type { BedrockRuntime } from '@aws-sdk/client-bedrock-runtime';
import type { BytesAnswer } from '../../bedrock-answer.ts';
import { anyModel, converse, converseStream, invoke, operations, readAll } from '../calls.ts';
import type { Check } from '../check.ts';
import { compareFacts, outcomeOf } from '../compare-facts.ts';
import { describeValue, type Facts } from '../describe-value.ts';
import { converseEvents, invokeEvents, sampleAnswer } from '../samples.ts';

const samples = () => ({ server: { answer: sampleAnswer } });

/** Compares the types, prototypes, own keys and members of each operation's output. */
export const outputShape: Check = {
  name: 'output shape',
  run: (stage) =>
    compareFacts(stage, samples, async ({ client }) => {
      const facts: Facts = [];
      for (const { name, call, streamOf } of operations) {
        const output = await call(client);
        // Another check compares the bytes of InvokeModel.
        facts.push(
          ...describeValue(output, name, { ...stage.options, comparableBytes: () => new Uint8Array() }),
        );
        await readAll(streamOf(output));
      }
      return facts;
    }),
};

/** Checks that the caller gets the very object that the SDK created. */
export const outputIdentity: Check = {
  name: 'output identity',
  run: async (stage) => {
    const made = new WeakSet<object>();
    const options = () => ({
      ...samples(),
      beforehand: (client: BedrockRuntime) => {
        // This middleware wraps the SDK's own, which creates the output, so that it sees the output first.
        const place = { relation: 'before', toMiddleware: 'deserializerMiddleware' } as const;
        client.middlewareStack.addRelativeTo(witness(made), { name: 'nonInterferenceWitness', ...place });
      },
    });
    return compareFacts(stage, options, async ({ client }) => {
      const facts: Facts = [];
      for (const { name, call, streamOf } of operations) {
        const output = await call(client);
        facts.push(`${name}: ${made.has(output) ? "the SDK's object" : 'another object'}`);
        await readAll(streamOf(output));
      }
      return facts;
    });
  },
};

/** A middleware that remembers the outputs it sees. */
function witness(made: WeakSet<object>) {
  return <Parameters, Result extends { output: object }>(next: (args: Parameters) => Promise<Result>) =>
    async (args: Parameters): Promise<Result> => {
      const result = await next(args);
      made.add(result.output);
      return result;
    };
}

/** Compares every byte of the body of InvokeModel, and the SDK's own class around the bytes. */
export const bodyBytes: Check = {
  name: 'body bytes',
  run: (stage) =>
    compareFacts(stage, samples, async ({ client }) => {
      const { body } = await invoke(client);
      const text = Buffer.from(
        stage.options.comparableBytes(Buffer.from(body.transformToString())),
      ).toString();
      return [...describeValue(body, 'body', stage.options), `text: ${text}`];
    }),
};

const nonJson: Record<string, BytesAnswer> = {
  image: { bytes: Buffer.from('89504e470d0a1a0a0000000d49484452ff00fe', 'hex'), contentType: 'image/png' },
  empty: { bytes: new Uint8Array(), contentType: 'application/json' },
  invalid: { bytes: Buffer.from('{"content":[{"text":"cut o'), contentType: 'application/json' },
  text: { bytes: Buffer.from('Paris'), contentType: 'text/plain' },
};

/** Compares answers that are not JSON: the bytes of InvokeModel, and the SDK's own errors of Converse. */
export const nonJsonAnswers: Check = {
  name: 'non-JSON answers',
  run: (stage) =>
    compareFacts(
      stage,
      () => ({ server: { answer: ({ modelId }) => nonJson[modelId] } }),
      async ({ client }) => {
        const facts: Facts = [];
        for (const modelId of Object.keys(nonJson)) {
          const invoked = await outcomeOf(async () => (await invoke(client, { modelId })).body);
          facts.push(...describeValue(invoked, `InvokeModel of ${modelId}`, stage.options));
          const conversed = await outcomeOf(() => converse(client, { modelId }));
          // The error is compared without the raw answer, because a caller sees the error.
          facts.push(
            ...describeValue(conversed.error ?? 'an output', `Converse of ${modelId}`, stage.options),
          );
        }
        return facts;
      },
    ),
};

/** Compares every member of the usage of Converse and ConverseStream. */
export const usage: Check = {
  name: 'usage',
  run: (stage) =>
    compareFacts(stage, samples, async ({ client }) => {
      const output = await converse(client);
      const streamed = await readAll((await converseStream(client)).stream);
      const { metadata } = streamed.at(-1) ?? {};
      return [
        ...describeValue([output.usage, output.metrics, output.trace, output.performanceConfig], 'Converse'),
        ...describeValue(metadata, 'ConverseStream'),
      ];
    }),
};

const exception = { exception: 'modelStreamErrorException', payload: { message: 'broke down' } };
/** Compares every event of both kinds of stream to the last byte, also of a stream that breaks off. */
export const events: Check = {
  name: 'events',
  run: (stage) =>
    compareFacts(
      stage,
      () => ({
        server: {
          answer: ({ operation, modelId }) => {
            const script = operation === 'ConverseStream' ? converseEvents : invokeEvents;
            return modelId === anyModel ? script : { events: script.events.toSpliced(3, 99, exception) };
          },
        },
      }),
      async ({ client }) => {
        const facts: Facts = [];
        for (const modelId of [anyModel, 'cut-short']) {
          for (const { name, call, streamOf } of operations) {
            let index = 0;
            const read = async (): Promise<void> => {
              for await (const event of streamOf(await call(client, { modelId })) ?? []) {
                const path = `${name} of ${modelId}, event ${index}`;
                facts.push(...describeValue(event, path, stage.options));
                index += 1;
              }
            };
            if (/Stream/.test(name))
              facts.push(`${name}: ${(await outcomeOf(read)).error ? 'error' : 'end'}`);
          }
        }
        return facts;
      },
    ),
};
