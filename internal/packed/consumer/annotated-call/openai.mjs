// One annotated call of OpenAI. Prints the answer and the receipt.
import { createHeaders, whenSettled } from '@payi/core';
import { withPayi } from '@payi/openai';
import OpenAI from 'openai';

async function main() {
  const client = withPayi(new OpenAI());
  const { data, response } = await client.chat.completions
    .create(
      { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }] },
      { headers: createHeaders({ useCaseName: 'smoke_test', userId: 'u-42' }) },
    )
    .withResponse();
  const answer = data.choices[0]?.message.content;
  console.log(JSON.stringify({ answer, receipt: await whenSettled(response) }));
}

main();
