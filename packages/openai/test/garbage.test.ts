import { createPayi, receiptOf } from '@payi/core';
import OpenAI from 'openai';
import { expect, it } from 'vitest';
import { withPayi } from '../src/index.ts';

const collect = (globalThis as unknown as { gc(): void }).gc;
const promptLength = 1_000_000;
const calls = 20;

it('does not hold the prompts of answers that the program keeps', async () => {
  const answer = { id: 'chatcmpl-1', choices: [], usage: { prompt_tokens: 12, completion_tokens: 3 } };
  // No server: it would hold what it was sent.
  const client = withPayi(
    new OpenAI({ apiKey: 'not-used', fetch: async () => Response.json(answer), maxRetries: 0 }),
    { payi: createPayi({ route: 'headers' }) },
  );
  const call = async (index: number): Promise<Response> => {
    const content = String(index).padEnd(promptLength, 'x');
    const response = await client.chat.completions
      .create({ model: 'gpt-4o', messages: [{ role: 'user', content }] })
      .asResponse();
    await response.json();
    return response;
  };
  const kept = [await call(0)];
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let index = 1; index <= calls; index += 1) kept.push(await call(index));
  collect();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan((calls * promptLength) / 2);
  for (const response of kept) expect(receiptOf(response)?.units).toEqual({ text: { input: 12, output: 3 } });
});
