import Anthropic from '@anthropic-ai/sdk';
import { withPayi } from '@payi/anthropic';
import { createHeaders, type Receipt, whenSettled } from '@payi/core';

/** A whole message, and one by the SDK's stream helper. */
export async function messages(): Promise<Receipt[]> {
  const client = withPayi(new Anthropic());
  const headers = createHeaders({
    useCaseName: 'recipe_finder',
    userId: 'cook_12',
    requestTags: ['kitchen'],
  });
  const request = {
    model: 'claude-opus-4-5',
    max_tokens: 200,
    messages: [{ role: 'user' as const, content: 'What can I cook from leeks?' }],
  };

  // Annotations are headers of the request; the SDK has an option for them
  const message = await client.messages.create(request, { headers });
  for (const block of message.content) if (block.type === 'text') console.log(`Whole:    ${block.text}`);

  // The stream helper, listened to and then asked for its message: one call, one receipt
  const stream = client.messages.stream(request, { headers });
  process.stdout.write('Streamed: ');
  stream.on('text', (text) => process.stdout.write(text));
  await stream.finalMessage();
  console.log();

  return [await whenSettled(message), await whenSettled(stream)];
}
