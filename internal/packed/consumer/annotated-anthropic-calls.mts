// The types of an application that annotates calls of Anthropic. Checked as written (ESM) and again as `.cts` (CommonJS).
import Anthropic from '@anthropic-ai/sdk';
import { type AnthropicPayiOptions, withPayi } from '@payi/anthropic';
import { createHeaders, createPayi, type Receipt, whenSettled } from '@payi/core';

const request = {
  model: 'claude-opus-4-5',
  max_tokens: 8,
  messages: [{ role: 'user' as const, content: 'Hello' }],
};
const headers = createHeaders({ useCaseName: 'text_generation' });
const options: AnthropicPayiOptions = { payi: createPayi({ route: 'headers' }), onAbandon: 'drain' };

/** A client keeps its own type. */
export const client: Anthropic = withPayi(new Anthropic(), options);

export async function annotates(): Promise<Receipt[]> {
  const message = await client.messages.create(request, { headers });
  for (const block of message.content) if (block.type === 'text') block.text.length;
  const stream = client.messages.stream(request, { headers });
  for await (const event of stream) event.type.length;
  return [await whenSettled(message), await whenSettled(stream)];
}

export function refusesMistakes(): void {
  // @ts-expect-error -- not a client
  withPayi({});
  // @ts-expect-error -- a misspelt option
  withPayi(client, { onAbandoned: 'drain' });
  // @ts-expect-error -- an unknown policy
  withPayi(client, { onAbandon: 'wait' });
}
