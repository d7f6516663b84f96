// One annotated call of Anthropic. Prints the answer and the receipt.
import Anthropic from '@anthropic-ai/sdk';
import { withPayi } from '@payi/anthropic';
import { createHeaders, whenSettled } from '@payi/core';

async function main() {
  const client = withPayi(new Anthropic());
  const message = await client.messages.create(
    { model: 'claude-opus-4-5', max_tokens: 100, messages: [{ role: 'user', content: 'Hello' }] },
    { headers: createHeaders({ useCaseName: 'smoke_test', userId: 'u-42' }) },
  );
  const [block] = message.content;
  const answer = block?.type === 'text' ? block.text : undefined;
  console.log(JSON.stringify({ answer, receipt: await whenSettled(message) }));
}

main();
