import type { Payi } from '@payi/core';
import { fetchOf, type Send, type Setup } from './provider.ts';

/** Asks OpenAI for chat completions through a `fetch` that answers at once. */
export function openOpenAI(setup: Setup): Send {
  const { require, payi, storage, tally, isStreamed } = setup;
  const { OpenAI } = require('openai') as typeof import('openai');
  const extend = (client: InstanceType<typeof OpenAI>, payi: Payi): typeof client =>
    (require('@payi/openai') as typeof import('@payi/openai')).withPayi(client, { payi });
  const bare = new OpenAI({ apiKey: 'sk-local', fetch: fetchOf(setup, 'x-request-id') });
  const { completions } = (payi === undefined ? bare : extend(bare, payi)).chat;
  const content = 'Generate a product description for a smart water bottle.';
  const question = { model: 'gpt-4o', messages: [{ role: 'user' as const, content }] };
  if (isStreamed) {
    const streamed = { ...question, stream: true, stream_options: { include_usage: true } } as const;
    return async () => {
      let events = 0;
      for await (const { usage } of await completions.create(streamed)) {
        events += 1;
        if (storage !== undefined && usage) tally.add(usage.prompt_tokens, usage.completion_tokens);
      }
      return events;
    };
  }
  if (storage === undefined) return (headers) => completions.create(question, headers && { headers });
  return async () => {
    const { usage } = await completions.create(question);
    tally.add(usage?.prompt_tokens, usage?.completion_tokens);
  };
}
