// One annotated call of AWS Bedrock. Prints the answer and the receipt.
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { registerBedrockClientCallbacks } from '@payi/bedrock';
import { createHeaders, whenSettled } from '@payi/core';

async function main() {
  const client = new BedrockRuntimeClient();
  registerBedrockClientCallbacks(client, 'Converse');
  const response = await client.send(
    new ConverseCommand({
      modelId: 'amazon.nova-lite-v1:0',
      messages: [{ role: 'user', content: [{ text: 'Hello' }] }],
      extraHeaders: createHeaders({ useCaseName: 'smoke_test', userId: 'u-42' }),
    }),
  );
  const answer = response.output?.message?.content?.[0]?.text;
  console.log(JSON.stringify({ answer, receipt: await whenSettled(response) }));
}

main();
