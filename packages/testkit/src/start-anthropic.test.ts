import Anthropic, { RateLimitError } from '@anthropic-ai/sdk';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collect } from '../test/collect.ts';
import { errorOf } from '../test/error-of.ts';
import { type RunningAnthropic, startAnthropic } from './start-anthropic.ts';

let anthropic: RunningAnthropic;
let client: Anthropic;

beforeEach(async () => {
  anthropic = await startAnthropic();
  client = new Anthropic({ ...anthropic.clientConfig, maxRetries: 0 });
});

afterEach(() => anthropic.close());

const model = 'claude-opus-4-5';
const body = {
  model,
  max_tokens: 100,
  messages: [{ role: 'user' as const, content: 'What is the capital of France?' }],
};
const quote = 'This is a local answer to: What is the capital of France?';

describe('startAnthropic()', () => {
  it('quotes the question, and counts a token for every four characters', async () => {
    const message = await client.messages.create(body);
    expect(message.content).toEqual([{ type: 'text', text: quote }]);
    expect(message).toMatchObject({
      model,
      stop_reason: 'end_turn',
      usage: { input_tokens: 8, output_tokens: 15 },
    });
    expect(anthropic.requests[0]).toMatchObject({
      operation: 'messages',
      model,
      path: '/v1/messages',
      json: body,
      status: 200,
      answered: 'complete',
    });
    expect((await client.messages.create(body)).id).not.toBe(message.id);
  });

  it('streams what the SDK puts together to the same message', async () => {
    anthropic.answerNext({
      chunks: ['It ', 'rains.'],
      toolCalls: [{ name: 'get_weather', arguments: { city: 'Bern' } }],
      usage: { inputTokens: 10, cacheReadInputTokens: 4, cacheWrite1hInputTokens: 5, outputTokens: 2 },
    });
    const final = await client.messages.stream(body).finalMessage();
    expect(final.content).toMatchObject([
      { type: 'text', text: 'It rains.' },
      { type: 'tool_use', name: 'get_weather', input: { city: 'Bern' } },
    ]);
    expect(final.stop_reason).toBe('tool_use');
    expect(final.usage).toMatchObject({
      input_tokens: 10,
      cache_read_input_tokens: 4,
      cache_creation_input_tokens: 5,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 5 },
      output_tokens: 2,
    });
  });

  it('names its events', async () => {
    anthropic.answerNext({ chunks: ['Paris.'] });
    const events = await collect(await client.messages.create({ ...body, stream: true }));
    expect(events.map(({ type }) => type)).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    // The SDK keeps the `ping` to itself.
    expect(anthropic.requests[0]?.eventsWritten).toBe(7);
  });

  it('counts tokens, and lists models', async () => {
    expect(await client.messages.countTokens({ model, messages: body.messages })).toEqual({
      input_tokens: 8,
    });
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual([model]);
    expect((await client.models.retrieve('claude-haiku-4-5')).id).toBe('claude-haiku-4-5');
  });

  it('ends batches at once', async () => {
    const params = { ...body };
    const batch = await client.messages.batches.create({ requests: [{ custom_id: 'one', params }] });
    expect(batch).toMatchObject({ processing_status: 'ended', request_counts: { succeeded: 1 } });
    expect((await client.messages.batches.retrieve(batch.id)).id).toBe(batch.id);
  });

  it('sends errors in the form of Anthropic', async () => {
    anthropic.answerNext({ error: { status: 429, message: 'Slow down.' } });
    const error = (await errorOf(client.messages.create(body))) as RateLimitError;
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error.error).toEqual({
      type: 'error',
      error: { type: 'rate_limit_error', message: 'Slow down.' },
      request_id: anthropic.requests[0]?.requestId,
    });
    expect(error.requestID).toBe(anthropic.requests[0]?.requestId);
  });

  it('breaks a stream off where the script says', async () => {
    anthropic.answerNext({ chunks: ['a', 'b', 'c'], faults: { dropAfterEvents: 4 } });
    const stream = client.messages.stream(body);
    const texts: string[] = [];
    stream.on('text', (text) => texts.push(text));
    await errorOf(stream.finalMessage());
    expect(texts).toEqual(['a']);
    expect(anthropic.requests[0]?.answered).toBe('aborted');
  });
});
