import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { registerBedrockClientCallbacks } from '@payi/bedrock';
import { createPayi } from '@payi/core';
import { startBedrock, startPayi } from '@payi/testkit';
import { type Answer, createAnswer } from './answer.ts';

type Bedrock = Awaited<ReturnType<typeof startBedrock>>;
type Payi = Awaited<ReturnType<typeof startPayi>>;

export interface EmbeddedBackend {
  readonly bedrock: Bedrock;
  readonly payi: Payi;
  readonly answer: Answer;
  close(): Promise<void>;
}

/** A local Bedrock and a local Pay-i, and a real client registered between them. */
export async function startEmbeddedBackend(): Promise<EmbeddedBackend> {
  const bedrock = await startBedrock();
  const payi = await startPayi();
  const client = new BedrockRuntimeClient(bedrock.clientConfig);
  registerBedrockClientCallbacks(client, 'Converse', {
    payi: createPayi({ apiKey: payi.apiKey, baseUrl: payi.url }),
  });
  return {
    bedrock,
    payi,
    answer: createAnswer(client),
    close: async () => {
      client.destroy();
      await Promise.all([payi.close(), bedrock.close()]);
    },
  };
}
