// One annotated call of OpenAI. Prints the answer, and what Pay-i reported.
import { createHeaders, createPayi } from '@payi/core';
import { withPayi } from '@payi/openai';
import OpenAI from 'openai';

async function main() {
  const diagnostics = [];
  const payi = createPayi({ onDiagnostic: ({ code }) => diagnostics.push(code) });
  const client = withPayi(new OpenAI(), { payi });
  const { choices } = await client.chat.completions.create(
    { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }] },
    { headers: createHeaders({ userId: 'u-42' }) },
  );
  console.log(JSON.stringify({ answer: choices[0]?.message.content, diagnostics }));
}

main();
