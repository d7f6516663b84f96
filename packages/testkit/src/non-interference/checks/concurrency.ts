import type { BedrockAnswer } from '../../bedrock-answer.ts';
import type { BedrockCall } from '../../start-bedrock.ts';
import { converse, converseStream, invoke, readAll } from '../calls.ts';
import type { Check } from '../check.ts';
import { compareFacts } from '../compare-facts.ts';
import type { Scene } from '../stage.ts';

const callCount = 200;

/** Checks that each of 200 concurrent calls gets its own answer. */
export const concurrency: Check = {
  name: 'concurrency',
  run: (stage) =>
    compareFacts(
      stage,
      () => ({ server: { answer: ownAnswer } }),
      (scene) => Promise.all(Array.from({ length: callCount }, (_, index) => ask(scene, index))),
    ),
};

/** An answer that names its call. */
function ownAnswer({ operation, modelId }: BedrockCall): BedrockAnswer {
  const message = { role: 'assistant', content: [{ text: modelId }] };
  if (operation === 'Converse') return { json: { output: { message }, stopReason: 'end_turn' }, delayMs: 5 };
  if (operation === 'InvokeModel') return { json: { completion: modelId }, delayMs: 5 };
  const delta = { event: 'contentBlockDelta', payload: { delta: { text: modelId }, contentBlockIndex: 0 } };
  return {
    events: [{ event: 'messageStart', payload: { role: 'assistant' } }, delta, delta],
    chunkDelayMs: 5,
  };
}

async function ask({ client }: Scene, index: number): Promise<string> {
  const modelId = `call-${index}`;
  const kind = index % 4;
  if (kind === 0) {
    const { completion } = JSON.parse((await invoke(client, { modelId })).body.transformToString());
    return `${modelId}: ${completion}`;
  }
  if (kind === 1) {
    const events = await readAll((await converseStream(client, { modelId })).stream);
    const texts = events.flatMap(({ contentBlockDelta }) => contentBlockDelta?.delta?.text ?? []);
    return `${modelId}: ${texts.join(' ')}`;
  }
  const { output } = await converse(client, { modelId });
  return `${modelId}: ${output?.message?.content?.[0]?.text}`;
}
