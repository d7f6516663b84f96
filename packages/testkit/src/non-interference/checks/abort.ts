import type { BedrockAnswer } from '../../bedrock-answer.ts';
import type { BedrockCall } from '../../start-bedrock.ts';
import { operations, readAll } from '../calls.ts';
import type { Check } from '../check.ts';
import { compareFactsTwice, outcomeOf } from '../compare-facts.ts';
import { afterSteps, untilSo } from '../patience.ts';
import { sampleAnswer } from '../samples.ts';

/** From the beginning of a stream to the abort. By then all events that the server sends are read. */
const abortAfterMs = 80;
/** The longest time from the abort to the end of the call. */
const patienceMs = 1500;

const moments = ['before', 'before the answer', 'during the answer'];

function answer(call: BedrockCall): BedrockAnswer {
  if (call.modelId !== 'during the answer') return { delayMs: 60_000 };
  return { ...sampleAnswer(call), faults: { stallAfterEvents: 2 } };
}

/** Compares the end of calls that are aborted before they are sent, before their answer, and during their answer. */
export const abort: Check = {
  name: 'abort',
  run: (stage) =>
    compareFactsTwice(
      stage,
      () => ({ server: { answer } }),
      ({ client, bedrock }) => {
        const calls = moments.flatMap((modelId) =>
          operations.map(async ({ name, call, streamOf }) => {
            const controller = new AbortController();
            let timing = 'in time';
            let stop = (): void => {};
            const abortNow = (): void => {
              stop = afterSteps(patienceMs, () => {
                timing = 'too late';
              });
              controller.abort();
            };
            const hasArrived = (): boolean =>
              bedrock.requests.some((sent) => sent.modelId === modelId && sent.operation === name);
            const isStreamed = modelId === 'during the answer';
            // The other operations would read the stream as a body.
            if (isStreamed && !name.endsWith('Stream')) return `${name}: not streamed`;
            if (modelId === 'before') abortNow();
            else if (!isStreamed) void untilSo(hasArrived, patienceMs).then(abortNow);
            const { error } = await outcomeOf(async () => {
              const output = await call(client, { modelId, abortSignal: controller.signal });
              // The SDK ends a stream in another way if the abort comes before the beginning of the stream.
              if (isStreamed) setTimeout(abortNow, abortAfterMs);
              await readAll(streamOf(output));
            });
            stop();
            return `${name}, aborted ${modelId}: ${error instanceof Error ? error.name : 'end'}, ${timing}`;
          }),
        );
        return Promise.all(calls);
      },
    ),
};
