import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { registerBedrockClientCallbacks } from '@payi/bedrock';
import type { Receipt } from '@payi/core';
import { track } from '@payi/core/context';
import { converse } from './converse.ts';
import { converseStream } from './converse-stream.ts';

/** Two customers, each with a conversation of several calls. */
export async function parcelSupport(): Promise<Record<string, Receipt[]>> {
  const bedrock = new BedrockRuntimeClient();
  registerBedrockClientCallbacks(bedrock, ['Converse', 'ConverseStream']);
  const question = 'Where is my parcel PX7K2M, and when does it arrive?';

  // All calls inside are one instance of the use case, for one user; each call adds its step
  const whole = await track({ useCaseName: 'parcel_support', userId: 'customer_8' }, () =>
    converse(bedrock, question),
  );
  const streamed = await track({ useCaseName: 'parcel_support', userId: 'customer_9' }, () =>
    converseStream(bedrock, question),
  );
  bedrock.destroy();
  return { Converse: whole, ConverseStream: streamed };
}
