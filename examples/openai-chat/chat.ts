import { createHeaders, type Receipt, whenSettled } from '@payi/core';
import { withPayi } from '@payi/openai';
import OpenAI from 'openai';

/** An annotated chat completion, and the same as a stream. */
export async function chat(): Promise<Receipt[]> {
  const client = withPayi(new OpenAI());
  const headers = createHeaders({
    useCaseName: 'trip_planner',
    userId: 'traveller_7',
    requestTags: ['chat'],
  });
  const messages = [{ role: 'user' as const, content: 'Which city should I see first?' }];

  // Annotations are headers of the request; the SDK has an option for them
  const completion = await client.chat.completions.create({ model: 'gpt-4o', messages }, { headers });
  console.log(`Whole:    ${completion.choices[0]?.message.content}`);

  // A stream is counted though nobody asked for its usage, and no chunk is added to it
  const stream = await client.chat.completions.create(
    { model: 'gpt-4o', messages, stream: true },
    { headers },
  );
  process.stdout.write('Streamed: ');
  for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '');
  console.log();

  return [await whenSettled(completion), await whenSettled(stream)];
}
