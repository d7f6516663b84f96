import { ConverseCommand, ConverseStreamCommand, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import { anyModel, converse, inputs, operations, readAll } from '../calls.ts';
import type { Check } from '../check.ts';
import { compareFacts } from '../compare-facts.ts';
import { describeValue, type Facts } from '../describe-value.ts';
import { afterSteps } from '../patience.ts';
import { sampleAnswer } from '../samples.ts';
import type { SceneOptions } from '../stage.ts';

const refused = 'refused';
const samples = (): SceneOptions => ({
  server: {
    answer: (call) =>
      call.modelId === refused
        ? { error: { type: 'ValidationException', message: 'no' } }
        : sampleAnswer(call),
  },
});

/** Another check compares bytes. */
const withoutBytes = { comparableBytes: (): Uint8Array => new Uint8Array() };

/** An answer takes some milliseconds. A callback that takes longer than this counts as missing. */
const patienceMs = 3000;

/** A callback of the SDK's older form. */
type Callback = (...parameters: unknown[]) => void;

async function viaCallback(call: (callback: Callback) => unknown, path: string): Promise<Facts> {
  let returned: unknown;
  const parameters = await new Promise<unknown[]>((resolve, reject) => {
    const stop = afterSteps(patienceMs, () => reject(new Error(`the callback of ${path} was not called`)));
    returned = call((...received) => {
      stop();
      resolve(received);
    });
  });
  return [`${path} returned ${returned}`, ...describeValue(parameters, path, withoutBytes)];
}

/** `client.send(command, callback)` and `client.send(command, options, callback)`, for success and failure. */
export const callbackForm: Check = {
  name: 'callback form',
  run: (stage) =>
    compareFacts(stage, samples, async ({ client }) => [
      ...(await viaCallback(
        (done) => client.send(new ConverseCommand(inputs.Converse(anyModel)), done),
        'Converse',
      )),
      ...(await viaCallback(
        (done) =>
          client.send(new ConverseCommand(inputs.Converse(refused)), (error: unknown, ...rest: unknown[]) =>
            done(String(error), ...rest),
          ),
        'refused',
      )),
      ...(await viaCallback(
        (done) => client.send(new InvokeModelCommand(inputs.InvokeModel(anyModel)), {}, done),
        'InvokeModel with options',
      )),
      ...(await viaCallback(
        (done) => client.send(new ConverseStreamCommand(inputs.ConverseStream(anyModel)), done),
        'ConverseStream',
      )),
    ]),
};

/** `new BedrockRuntime().converse(…)`: promises and callbacks. */
export const aggregatedClient: Check = {
  name: 'aggregated client',
  run: (stage) =>
    compareFacts(stage, samples, async ({ client }) => {
      const streamed = await client.converseStream(inputs.ConverseStream(anyModel));
      const chunked = await client.invokeModelWithResponseStream(
        inputs.InvokeModelWithResponseStream(anyModel),
      );
      const facts = [
        ...describeValue(await client.converse(inputs.Converse(anyModel)), 'converse', withoutBytes),
        ...describeValue(await client.invokeModel(inputs.InvokeModel(anyModel)), 'invokeModel', withoutBytes),
        ...describeValue(streamed, 'converseStream', withoutBytes),
        ...describeValue(chunked, 'invokeModelWithResponseStream', withoutBytes),
        ...(await viaCallback(
          (done) => client.converse(inputs.Converse(anyModel), done),
          'converse with a callback',
        )),
      ];
      await readAll(streamed.stream);
      await readAll(chunked.body);
      return facts;
    }),
};

/** With `cacheMiddleware: true`, a client keeps the handler of its first call of a command. */
export const cachedMiddleware: Check = {
  name: 'cached middleware',
  run: (stage) =>
    compareFacts(
      stage,
      () => ({
        ...samples(),
        client: { cacheMiddleware: true },
        beforehand: async (client) => {
          await converse(client);
        },
      }),
      async ({ client }) => {
        const facts: Facts = [];
        for (const round of [1, 2]) {
          for (const { name, call, streamOf } of operations) {
            const output = await call(client);
            facts.push(...describeValue(output, `${name}, call ${round}`, withoutBytes));
            await readAll(streamOf(output));
          }
        }
        return facts;
      },
    ),
};
