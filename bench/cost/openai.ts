import { completionBodies, nextId } from './answers.ts';
import type { Send, Setup } from './provider.ts';
import { headersFrom } from './set-headers.ts';

/** Calls chat completions through a `fetch` that answers at once. */
export function openOpenAI(setup: Setup): Send {
  const { require, payi, storage, tally } = setup;
  const { OpenAI } = require('openai') as typeof import('openai');
  const nextBody = completionBodies(setup.isProxied);
  const canned: typeof fetch = async (_url, init) => {
    setup.arrived(init?.headers as Headers);
    return new Response(nextBody(), {
      headers: { 'content-type': 'application/json', 'x-request-id': nextId() },
    });
  };
  const bare = new OpenAI({ apiKey: 'sk-local', fetch: storage ? headersFrom(storage, canned) : canned });
  const client = payi === undefined ? bare : observed(require, bare, payi);
  const question = {
    model: 'gpt-4o',
    messages: [
      { role: 'user' as const, content: 'Generate a product description for a smart water bottle.' },
    ],
  };
  if (storage === undefined) {
    return (headers) =>
      client.chat.completions.create(question, headers === undefined ? undefined : { headers });
  }
  return async () => {
    const completion = await client.chat.completions.create(question);
    tally.add(completion.usage?.prompt_tokens, completion.usage?.completion_tokens);
    return completion;
  };
}

function observed(
  require: NodeJS.Require,
  client: import('openai').OpenAI,
  payi: NonNullable<Setup['payi']>,
): import('openai').OpenAI {
  const { withPayi } = require('@payi/openai') as typeof import('@payi/openai');
  return withPayi(client, { payi });
}
