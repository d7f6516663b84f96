import {
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { anyModel, inputs, readAll } from '../calls.ts';
import type { Check } from '../check.ts';
import { compareFacts, outcomeOf } from '../compare-facts.ts';
import { describeValue, type Facts } from '../describe-value.ts';
import { sampleAnswer } from '../samples.ts';

/** Checks that frozen inputs are accepted, and that other inputs are not changed. */
export const frozenInput: Check = {
  name: 'frozen input',
  run: (stage) =>
    compareFacts(
      stage,
      () => ({ server: { answer: sampleAnswer } }),
      async ({ client }) => {
        const facts: Facts = [];
        for (const prepare of [deepFreeze, <Input>(input: Input) => input]) {
          const given = {
            InvokeModel: prepare(inputs.InvokeModel(anyModel)),
            InvokeModelWithResponseStream: prepare(inputs.InvokeModelWithResponseStream(anyModel)),
            Converse: prepare(inputs.Converse(anyModel)),
            ConverseStream: prepare(inputs.ConverseStream(anyModel)),
          };
          const sends = {
            InvokeModel: () => client.send(new InvokeModelCommand(given.InvokeModel)),
            InvokeModelWithResponseStream: async () => {
              const command = new InvokeModelWithResponseStreamCommand(given.InvokeModelWithResponseStream);
              await readAll((await client.send(command)).body);
            },
            Converse: () => client.send(new ConverseCommand(given.Converse)),
            ConverseStream: async () => {
              await readAll((await client.send(new ConverseStreamCommand(given.ConverseStream))).stream);
            },
          };
          for (const [name, send] of Object.entries(sends)) {
            const { error } = await outcomeOf<unknown>(send);
            facts.push(`${name}: ${error === undefined ? 'taken' : error}`);
          }
          facts.push(...describeValue(given, 'the input afterwards'));
        }
        return facts;
      },
    ),
};

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) deepFreeze(member);
    Object.freeze(value);
  }
  return value;
}
