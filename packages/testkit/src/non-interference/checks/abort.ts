import type { BedrockAnswer } from '../../bedrock-answer.ts';
import type { BedrockCall } from '../../start-bedrock.ts';
import { operations, readAll } from '../calls.ts';
import type { Check } from '../check.ts';
import { compareFacts, outcomeOf } from '../compare-facts.ts';
import { sampleAnswer } from '../samples.ts';

const abortAfterMs = 80;
/** From the abort to the end of the call, with time to spare on a busy machine. */
const patienceMs = 1500;

const moments = ['before', 'before the answer', 'during the answer'];

function answer(call: BedrockCall): BedrockAnswer {
  if (call.modelId !== 'during the answer') return { delayMs: 60_000 };
  return { ...sampleAnswer(call), faults: { stallAfterEvents: 2 } };
}

/** Calls that are aborted before they are sent, before their answer and in the middle of it: how they end, and when. */
export const abort: Check = {
  name: 'abort',
  run: (stage) =>
    compareFacts(
      stage,
      () => ({ server: { answer } }),
      ({ client }) => {
        const calls = moments.flatMap((modelId) =>
          operations.map(async ({ name, call, streamOf }) => {
            const controller = new AbortController();
            const abortLater = (): unknown => setTimeout(() => controller.abort(), abortAfterMs);
            const isStreamed = modelId === 'during the answer';
            // Other operations do not stream, and take what is in the stream for a body.
            if (isStreamed && !name.endsWith('Stream')) return `${name}: not streamed`;
            if (modelId === 'before') controller.abort();
            else if (!isStreamed) abortLater();
            const startedAt = performance.now();
            const { error } = await outcomeOf(async () => {
              const output = await call(client, { modelId, abortSignal: controller.signal });
              // The SDK ends a stream in another way when the abort comes before its beginning.
              if (isStreamed) abortLater();
              await readAll(streamOf(output));
            });
            const inTime = performance.now() - startedAt < abortAfterMs + patienceMs ? 'in time' : 'too late';
            return `${name}, aborted ${modelId}: ${error instanceof Error ? error.name : 'end'}, ${inTime}`;
          }),
        );
        return Promise.all(calls);
      },
    ),
};
