import { createHeaders, isLimitReached, type Receipt, whenSettled } from '@payi/core';
import { withPayi } from '@payi/openai';
import OpenAI from 'openai';

/** An annotated chat completion, the same as a stream, and a call beyond its limit. */
export async function chat(): Promise<Receipt[]> {
  const client = withPayi(new OpenAI());
  const headers = createHeaders({
    useCaseName: 'trip_planner',
    userId: 'traveller_7',
    requestTags: ['chat'],
  });
  const messages = [{ role: 'user' as const, content: 'Which city should I see first?' }];

  // Annotations are headers of the request; the SDK has an option for them
  const { data: completion, response } = await client.chat.completions
    .create({ model: 'gpt-4o', messages }, { headers })
    .withResponse();
  console.log(`Whole:    ${completion.choices[0]?.message.content}`);

  // A stream is counted though nobody asked for its usage, and no chunk is added to it
  const stream = await client.chat.completions.create(
    { model: 'gpt-4o', messages, stream: true },
    { headers },
  );
  process.stdout.write('Streamed: ');
  for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '');
  console.log();

  const limited = createHeaders({ useCaseName: 'trip_planner', limitIds: ['spent_budget'] });
  try {
    await client.chat.completions.create({ model: 'gpt-4o', messages }, { headers: limited });
    throw new Error('the limit did not block the call');
  } catch (error) {
    if (!isLimitReached(error)) throw error;
    console.log('Blocked:  isLimitReached(error) is true');
    return [await whenSettled(response), await whenSettled(stream), await whenSettled(error as Error)];
  }
}
