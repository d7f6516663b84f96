import { createHeaders, type Receipt, whenSettled } from '@payi/core';
import { withPayi } from '@payi/openai';
import OpenAI from 'openai';

/** A stream of the Responses API read to its end, and one that its reader leaves. */
export async function responsesStream(): Promise<Receipt[]> {
  const client = withPayi(new OpenAI());
  const headers = createHeaders({ useCaseName: 'story_teller', userId: 'reader_3' });
  const request = { model: 'gpt-4o', input: 'Tell me a story about a lighthouse.', stream: true } as const;

  const whole = await client.responses.create(request, { headers });
  for await (const event of whole) {
    if (event.type === 'response.output_text.delta') process.stdout.write(event.delta);
  }
  console.log();

  // The usage of a response comes in its last event: who leaves before it knows that there was a call, not its counts
  const left = await client.responses.create(request, { headers });
  for await (const event of left) {
    if (event.type !== 'response.output_text.delta') continue;
    console.log(`${event.delta}…`);
    break;
  }
  return [await whenSettled(whole), await whenSettled(left)];
}
