import { BedrockRuntimeClient, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import { registerBedrockClientCallbacks } from '@payi/bedrock';
import { createHeaders } from '@payi/core';

export async function completeExample(): Promise<object> {
  // Initialize Bedrock client
  const bedrock = new BedrockRuntimeClient();

  // STEP 1: Register callbacks for each operation type you'll use
  registerBedrockClientCallbacks(bedrock, 'InvokeModel');
  registerBedrockClientCallbacks(bedrock, 'InvokeModelWithResponseStream');

  // STEP 2: Create request annotations
  const headers = createHeaders({
    useCaseName: 'text_generation',
    userId: 'data_scientist_123',
    limitIds: ['aws_budget'],
    requestTags: ['bedrock', 'claude'],
  });

  // STEP 3: Create the request body
  const requestBody = JSON.stringify({
    prompt: 'Human: Generate a product description for a smart water bottle.\n\nAssistant:',
    temperature: 0.7,
    max_tokens_to_sample: 500,
  });

  // STEP 4: Make API call with annotations
  const response = await bedrock.send(
    new InvokeModelCommand({
      modelId: 'anthropic.claude-3-sonnet-20240229',
      body: requestBody,
      extraHeaders: headers, // Apply the annotations here
    }),
  );

  // Process the response
  const responseBody = JSON.parse(response.body.transformToString());
  console.log(responseBody.completion);

  return response;
}
