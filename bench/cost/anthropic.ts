import type { Payi } from '@payi/core';
import { fetchOf, type Send, type Setup } from './provider.ts';

/** Asks Anthropic for messages through a `fetch` that answers at once. */
export function openAnthropic(setup: Setup): Send {
  const { require, payi, storage, tally, isStreamed } = setup;
  const { Anthropic } = require('@anthropic-ai/sdk') as typeof import('@anthropic-ai/sdk');
  const extend = (client: InstanceType<typeof Anthropic>, payi: Payi): typeof client =>
    (require('@payi/anthropic') as typeof import('@payi/anthropic')).withPayi(client, { payi });
  const bare = new Anthropic({ apiKey: 'sk-ant-local', fetch: fetchOf(setup, 'request-id') });
  const { messages } = payi === undefined ? bare : extend(bare, payi);
  const content = 'Generate a product description for a smart water bottle.';
  const question = {
    model: 'claude-opus-4-5',
    max_tokens: 500,
    messages: [{ role: 'user' as const, content }],
  };
  if (isStreamed) {
    const streamed = { ...question, stream: true } as const;
    return async () => {
      let events = 0;
      let input = 0;
      for await (const event of await messages.create(streamed)) {
        events += 1;
        if (storage === undefined) continue;
        if (event.type === 'message_start') input = event.message.usage.input_tokens;
        else if (event.type === 'message_delta') tally.add(input, event.usage.output_tokens);
      }
      return events;
    };
  }
  if (storage === undefined) return (headers) => messages.create(question, headers && { headers });
  return async () => {
    const { usage } = await messages.create(question);
    tally.add(usage.input_tokens, usage.output_tokens);
  };
}
