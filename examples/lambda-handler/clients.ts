import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { registerBedrockClientCallbacks } from '@payi/bedrock';
import { createPayi, type Payi } from '@payi/core';

// Made once, at a cold start, and used by every invocation after it

/** Calls go to AWS itself; what they used is reported to Pay-i afterwards. */
export const payi: Payi = createPayi({ route: 'direct' });

export const bedrock: BedrockRuntimeClient = new BedrockRuntimeClient();
registerBedrockClientCallbacks(bedrock, ['Converse', 'ConverseStream'], { payi });

/** In many regions a model is reached by an inference profile, such as `us.anthropic.…`. */
export const modelId: string = process.env.BEDROCK_MODEL_ID ?? 'anthropic.claude-3-7-sonnet-20250219-v1:0';

/** What the functions of this example are invoked with. */
export interface Ticket {
  readonly userId: string;
  readonly text: string;
}
