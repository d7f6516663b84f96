import { BedrockRuntimeClient, InvokeModelWithResponseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { registerBedrockClientCallbacks } from '@payi/bedrock';
import { createHeaders } from '@payi/core';

export async function streamingExample(): Promise<object> {
  // Initialize Bedrock client
  const bedrock = new BedrockRuntimeClient();

  // Register the streaming operation callback
  registerBedrockClientCallbacks(bedrock, 'InvokeModelWithResponseStream');

  // Create request annotations
  const headers = createHeaders({
    useCaseName: 'streaming_generation',
    userId: 'analyst_456',
    limitIds: ['streaming_budget'],
    requestTags: ['bedrock', 'streaming'],
  });

  // Create the request body
  const requestBody = JSON.stringify({
    prompt: 'Human: Write a story about artificial intelligence.\n\nAssistant:',
    temperature: 0.7,
    max_tokens_to_sample: 1000,
  });

  // Make streaming API call with annotations
  const response = await bedrock.send(
    new InvokeModelWithResponseStreamCommand({
      modelId: 'anthropic.claude-3-sonnet-20240229',
      body: requestBody,
      extraHeaders: headers, // Apply the annotations here
    }),
  );

  // Process the streaming response
  for await (const event of response.body ?? []) {
    if (event.chunk?.bytes) {
      const chunk = JSON.parse(new TextDecoder().decode(event.chunk.bytes));
      if (chunk.completion) process.stdout.write(chunk.completion);
    }
  }

  return response;
}
