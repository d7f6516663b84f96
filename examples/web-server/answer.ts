import { setTimeout as sleep } from 'node:timers/promises';
import { type BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';

/** What a handler of a request calls. Knows neither the request nor who it is for. */
export type Answer = (question: string) => Promise<string>;

/** Asks the model twice, with other work in between, as an application would. */
export function createAnswer(client: BedrockRuntimeClient): Answer {
  const ask = async (text: string): Promise<string> => {
    const { output } = await client.send(
      new ConverseCommand({
        modelId: process.env.BEDROCK_MODEL_ID ?? 'anthropic.claude-3-7-sonnet-20250219-v1:0',
        messages: [{ role: 'user', content: [{ text }] }],
      }),
    );
    return output?.message?.content?.[0]?.text ?? '';
  };
  return async (question) => {
    const draft = await ask(`Answer in one sentence: ${question}`);
    await sleep(Math.random() * 10);
    return ask(`Make this friendlier: ${draft}. The question was: ${question}`);
  };
}
