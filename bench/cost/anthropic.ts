import { messageBodies, nextId } from './answers.ts';
import type { Send, Setup } from './provider.ts';
import { headersFrom } from './set-headers.ts';

/** Calls messages through a `fetch` that answers at once. */
export function openAnthropic(setup: Setup): Send {
  const { require, payi, storage, tally } = setup;
  const { Anthropic } = require('@anthropic-ai/sdk') as typeof import('@anthropic-ai/sdk');
  const nextBody = messageBodies(setup.isProxied);
  const canned: typeof fetch = async (_url, init) => {
    setup.arrived(init?.headers as Headers);
    return new Response(nextBody(), {
      headers: { 'content-type': 'application/json', 'request-id': nextId() },
    });
  };
  const bare = new Anthropic({
    apiKey: 'sk-ant-local',
    fetch: storage ? headersFrom(storage, canned) : canned,
  });
  const client = payi === undefined ? bare : observed(require, bare, payi);
  const question = {
    model: 'claude-opus-4-5',
    max_tokens: 500,
    messages: [
      { role: 'user' as const, content: 'Generate a product description for a smart water bottle.' },
    ],
  };
  if (storage === undefined) {
    return (headers) => client.messages.create(question, headers === undefined ? undefined : { headers });
  }
  return async () => {
    const message = await client.messages.create(question);
    tally.add(message.usage.input_tokens, message.usage.output_tokens);
    return message;
  };
}

function observed(
  require: NodeJS.Require,
  client: import('@anthropic-ai/sdk').Anthropic,
  payi: NonNullable<Setup['payi']>,
): import('@anthropic-ai/sdk').Anthropic {
  const { withPayi } = require('@payi/anthropic') as typeof import('@payi/anthropic');
  return withPayi(client, { payi });
}
