// The types of an application that annotates calls of OpenAI. Checked as written (ESM) and again as `.cts` (CommonJS).
import { createHeaders, createPayi, type Receipt, receiptOf, whenSettled } from '@payi/core';
import { payiClientOptions, type WithPayiOptions, withPayi } from '@payi/openai';
import OpenAI, { AzureOpenAI } from 'openai';

const messages = [{ role: 'user' as const, content: 'Hello' }];
const headers = createHeaders({ useCaseName: 'text_generation' });
const payi = createPayi({ route: 'headers' });
const options: WithPayiOptions = { payi, onRequest: (request) => void request.url.length };

/** Clients keep their own type. */
export const client: OpenAI = withPayi(new OpenAI(), options);
export const azure: AzureOpenAI = withPayi(new AzureOpenAI({ apiVersion: '2025-01-01' }));
export const made: OpenAI = new OpenAI({ apiKey: 'sk', ...payiClientOptions({ payi }) });

export async function annotates(): Promise<(Receipt | undefined)[]> {
  const { data, response } = await client.chat.completions
    .create({ model: 'gpt-4o', messages }, { headers })
    .withResponse();
  data.choices[0]?.message.content?.length;
  const stream = await client.chat.completions.create(
    { model: 'gpt-4o', messages, stream: true },
    { headers },
  );
  for await (const chunk of stream) chunk.choices[0]?.delta.content?.length;
  return [receiptOf(response), await whenSettled(stream)];
}

export function refusesMistakes(): void {
  // @ts-expect-error -- not a client
  withPayi({});
  // @ts-expect-error -- a misspelt option
  withPayi(client, { onRequests: () => {} });
  // @ts-expect-error -- an annotation of the wrong type
  void client.models.list({ headers: createHeaders({ userId: 7 }) });
}
