import { AnthropicBedrock } from '@anthropic-ai/bedrock-sdk';
import { withPayi } from '@payi/anthropic';
import { createHeaders, type Receipt, whenSettled } from '@payi/core';

/** Claude on AWS Bedrock by Anthropic's client: whole and streamed. */
export async function bedrockMessages(): Promise<Receipt[]> {
  // Signs for AWS with the credentials of the environment; Pay-i is put in the way behind the signer
  const client = withPayi(new AnthropicBedrock());
  const headers = createHeaders({ useCaseName: 'contract_review', userId: 'lawyer_5' });
  const request = {
    // In many regions a model is reached by an inference profile, such as us.anthropic.…
    model: process.env.BEDROCK_MODEL_ID ?? 'anthropic.claude-3-7-sonnet-20250219-v1:0',
    max_tokens: 200,
    messages: [{ role: 'user' as const, content: 'What does this clause mean?' }],
  };

  const message = await client.messages.create(request, { headers });
  for (const block of message.content) if (block.type === 'text') console.log(`Whole:    ${block.text}`);

  const stream = await client.messages.create({ ...request, stream: true }, { headers });
  process.stdout.write('Streamed: ');
  for await (const event of stream) {
    if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') {
      process.stdout.write(event.delta.text);
    }
  }
  console.log();
  return [await whenSettled(message), await whenSettled(stream)];
}
