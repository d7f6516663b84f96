import { BedrockRuntimeClient, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import { registerBedrockClientCallbacks } from '@payi/bedrock';
import { createHeaders, isLimitReached } from '@payi/core';

/** Calls until a blocking limit says no, and shows what the application gets to see then. */
export async function blockedCall(limitId: string): Promise<void> {
  const bedrock = new BedrockRuntimeClient();
  registerBedrockClientCallbacks(bedrock, 'InvokeModel');

  const command = new InvokeModelCommand({
    modelId: 'anthropic.claude-3-sonnet-20240229',
    body: JSON.stringify({
      prompt: 'Human: Summarize the quarterly report.\n\nAssistant:',
      max_tokens_to_sample: 500,
    }),
    extraHeaders: createHeaders({
      useCaseName: 'report_summary',
      userId: 'analyst_456',
      limitIds: [limitId],
    }),
  });

  await bedrock.send(command);
  console.log('The first call went through and used the limit up.');
  try {
    await bedrock.send(command);
    throw new Error(`limit ${limitId} did not block the second call`);
  } catch (error) {
    if (!isLimitReached(error)) throw error;
    console.log(`The second call was blocked: isLimitReached(error) is true.\n  ${error}`);
  }
}
