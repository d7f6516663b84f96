import { converse } from '../calls.ts';
import type { Check } from '../check.ts';
import { compare } from '../compare-facts.ts';
import { describeValue, type Facts } from '../describe-value.ts';
import { sampleAnswer } from '../samples.ts';

/** Checks that an instrumentation that is removed leaves nothing on the client. */
export const undo: Check = {
  name: 'undo',
  async run(stage) {
    let before: Facts = [];
    const after = await stage.play(
      'instrumented',
      {
        server: { answer: sampleAnswer },
        // The SDK itself leaves a trace on the client with the first call.
        beforehand: async (client) => {
          await converse(client);
          before = traces(client);
        },
      },
      async (scene) => {
        await converse(scene.client);
        if (scene.undo === undefined) return undefined;
        scene.undo();
        await converse(scene.client);
        return traces(scene.client);
      },
    );
    return after === undefined
      ? 'not measured: the instrumentation gives no function to take it back'
      : compare(before, after);
  },
};

function traces(client: Parameters<typeof converse>[0]): Facts {
  return [
    ...client.middlewareStack.identify(),
    ...describeValue(Reflect.ownKeys(client).map(String), 'own keys of the client'),
    `send: ${Object.hasOwn(client, 'send') ? 'its own' : 'that of its class'}`,
  ];
}
