import OpenAI, { AzureOpenAI, BadRequestError, RateLimitError } from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collect } from '../test/collect.ts';
import { errorOf } from '../test/error-of.ts';
import { type RunningOpenAI, startOpenAI } from './start-openai.ts';

let openai: RunningOpenAI;
let client: OpenAI;

beforeEach(async () => {
  openai = await startOpenAI();
  client = new OpenAI({ ...openai.clientConfig, maxRetries: 0 });
});

afterEach(() => openai.close());

const model = 'gpt-4o';
const messages = [{ role: 'user' as const, content: 'What is the capital of France?' }];
const quote = 'This is a local answer to: What is the capital of France?';
const call = { name: 'get_weather', arguments: { city: 'Bern' } };

describe('startOpenAI()', () => {
  describe('chat completions', () => {
    it('quotes the question, and counts a token for every four characters', async () => {
      const { choices, usage } = await client.chat.completions.create({ model, messages });
      expect(choices[0]).toMatchObject({
        finish_reason: 'stop',
        message: { role: 'assistant', content: quote },
      });
      expect(usage).toMatchObject({ prompt_tokens: 8, completion_tokens: 15, total_tokens: 23 });
      expect(openai.requests[0]).toMatchObject({
        operation: 'chat/completions',
        model,
        path: '/v1/chat/completions',
        json: { model, messages },
        status: 200,
        answered: 'complete',
      });
    });

    it('includes cached tokens in the prompt, and reasoning in the completion', async () => {
      openai.answerNext({
        text: 'Paris.',
        usage: { inputTokens: 10, cacheReadInputTokens: 4, outputTokens: 2, reasoningTokens: 30 },
      });
      const { usage } = await client.chat.completions.create({ model, messages });
      expect(usage).toMatchObject({
        prompt_tokens: 14,
        prompt_tokens_details: { cached_tokens: 4 },
        completion_tokens: 32,
        completion_tokens_details: { reasoning_tokens: 30 },
        total_tokens: 46,
      });
    });

    it('streams without counts', async () => {
      openai.answerNext({ chunks: ['Paris', '.'] });
      const chunks = await collect(await client.chat.completions.create({ model, messages, stream: true }));
      expect(chunks.map(({ choices }) => choices[0]?.delta.content)).toEqual(['', 'Paris', '.', undefined]);
      expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop');
      expect(chunks.every((chunk) => !('usage' in chunk))).toBe(true);
      expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    });

    it('streams counts in a last chunk of their own, if they are asked for', async () => {
      openai.answerNext({ chunks: ['Paris.'], usage: { inputTokens: 12, outputTokens: 2 } });
      const stream = await client.chat.completions.create({
        model,
        messages,
        stream: true,
        stream_options: { include_usage: true },
      });
      const chunks = await collect(stream);
      expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
      expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 12, total_tokens: 14 } });
      expect(openai.requests[0]?.eventsWritten).toBe(5);
    });

    it('calls tools as the script says', async () => {
      openai.answerNext({ toolCalls: [call] }, { toolCalls: [call] });
      const { choices } = await client.chat.completions.create({ model, messages });
      expect(choices[0]?.finish_reason).toBe('tool_calls');
      const fn = { name: 'get_weather', arguments: '{"city":"Bern"}' };
      expect(choices[0]?.message.tool_calls).toMatchObject([{ type: 'function', function: fn }]);
      const final = await client.chat.completions.stream({ model, messages }).finalChatCompletion();
      expect(final.choices[0]?.message.tool_calls).toMatchObject([{ type: 'function', function: fn }]);
    });

    it('serves deployments of Azure OpenAI', async () => {
      const azure = new AzureOpenAI({
        apiKey: 'azure',
        endpoint: openai.url,
        apiVersion: '2024-10-21',
        deployment: 'team a',
      });
      expect((await azure.chat.completions.create({ model, messages })).choices[0]?.message.content).toBe(
        quote,
      );
      expect(openai.requests[0]).toMatchObject({ operation: 'chat/completions', model: 'team a' });
    });
  });

  describe('responses', () => {
    it('answers whole', async () => {
      const response = await client.responses.create({ model, input: 'What is the capital of France?' });
      expect(response.output_text).toBe(quote);
      expect(response).toMatchObject({ status: 'completed', usage: { input_tokens: 8, output_tokens: 15 } });
    });

    it('streams what the SDK puts together to the same answer', async () => {
      openai.answerNext({ text: 'It rains.', toolCalls: [call] });
      const stream = client.responses.stream({ model, input: 'weather?' });
      const events = await collect(stream);
      expect(events[0]).toMatchObject({ type: 'response.created', sequence_number: 0 });
      const final = await stream.finalResponse();
      expect(final.output_text).toBe('It rains.');
      expect(final.output.map(({ type }) => type)).toEqual(['message', 'function_call']);
      expect(final.usage?.output_tokens_details.reasoning_tokens).toBe(0);
    });
  });

  it('completes texts, whole and streamed', async () => {
    openai.answerNext({ text: ' there' }, { chunks: [' the', 're'] });
    const body = { model: 'gpt-3.5-turbo-instruct', prompt: 'Hi' };
    expect((await client.completions.create(body)).choices[0]?.text).toBe(' there');
    const chunks = await collect(await client.completions.create({ ...body, stream: true }));
    expect(chunks.map(({ choices }) => choices[0]?.text)).toEqual([' the', 're', '']);
  });

  it('takes batches, which do not begin', async () => {
    const batch = await client.batches.create({
      input_file_id: 'file-7',
      endpoint: '/v1/embeddings',
      completion_window: '24h',
    });
    expect(batch).toMatchObject({ status: 'validating', input_file_id: 'file-7' });
    expect((await client.batches.retrieve(batch.id)).id).toBe(batch.id);
  });

  it('embeds', async () => {
    const { data, usage } = await client.embeddings.create({
      model: 'text-embedding-3-small',
      input: ['one', 'two'],
    });
    expect(data.map(({ embedding }) => embedding.length)).toEqual([1536, 1536]);
    expect(data[0]?.embedding).not.toEqual(data[1]?.embedding);
    expect(usage).toEqual({ prompt_tokens: 2, total_tokens: 2 });
  });

  it('draws pictures', async () => {
    const body = { model: 'gpt-image-1', prompt: 'a dot' };
    const { data, usage } = await client.images.generate({ ...body, n: 2 });
    expect(data).toHaveLength(2);
    expect(
      Buffer.from(data?.[0]?.b64_json ?? '', 'base64')
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG');
    expect(usage?.input_tokens_details).toEqual({ text_tokens: 2, image_tokens: 0 });
    const events = await collect(await client.images.generate({ ...body, stream: true }));
    expect(events).toMatchObject([{ type: 'image_generation.completed', usage: { total_tokens: 10 } }]);
  });

  it('hears and speaks', async () => {
    openai.answerNext({ text: 'Hello.' }, { chunks: ['Hel', 'lo.'] });
    const file = new File(['…'], 'speech.mp3');
    const heard = await client.audio.transcriptions.create({ model: 'gpt-4o-transcribe', file });
    expect(heard).toMatchObject({ text: 'Hello.', usage: { type: 'tokens' } });
    expect(openai.requests[0]).toMatchObject({
      operation: 'audio/transcriptions',
      model: 'gpt-4o-transcribe',
    });
    const streamed = await client.audio.transcriptions.create({
      model: 'gpt-4o-transcribe',
      file,
      stream: true,
    });
    expect((await collect(streamed)).map(({ type }) => type)).toEqual([
      'transcript.text.delta',
      'transcript.text.delta',
      'transcript.text.done',
    ]);
    const spoken = await client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'Hello.' });
    expect(spoken.headers.get('content-type')).toBe('audio/mpeg');
  });

  it('lists models, and moderates', async () => {
    expect((await collect(await client.models.list())).map(({ id }) => id)).toEqual(['gpt-4o']);
    expect((await client.models.retrieve('gpt-5')).id).toBe('gpt-5');
    const { results } = await client.moderations.create({ input: 'Hello' });
    expect(results[0]?.flagged).toBe(false);
  });

  it('sends errors in the form of OpenAI', async () => {
    openai.answerNext({ error: { status: 429 }, headers: { 'retry-after': '7' } });
    const error = (await errorOf(client.chat.completions.create({ model, messages }))) as RateLimitError;
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({ code: 'rate_limit_exceeded', type: 'requests' });
    expect(error.headers.get('retry-after')).toBe('7');
    expect(error.requestID).toBe(openai.requests[0]?.requestId);
  });

  it('sends scripted bodies and events as they are, at any path', async () => {
    openai.answerNext({ json: { id: 'file-1' } }, { events: [{ data: { error: { message: 'Broken.' } } }] });
    expect((await client.files.retrieve('file-1')).id).toBe('file-1');
    const stream = await client.chat.completions.create({ model, messages, stream: true });
    expect((await errorOf(collect(stream))).message).toContain('Broken.');
  });

  it('decides answers by the request', async () => {
    await openai.close();
    openai = await startOpenAI({
      answer: ({ json }) => (json?.model === 'gpt-5' ? { text: 'five' } : { error: { status: 400 } }),
    });
    client = new OpenAI(openai.clientConfig);
    const ask = (name: string) => client.chat.completions.create({ model: name, messages });
    expect((await ask('gpt-5')).choices[0]?.message.content).toBe('five');
    expect(await errorOf(ask(model))).toBeInstanceOf(BadRequestError);
  });

  it('waits before each event until the test lets it go', async () => {
    let release = (): void => {};
    const paces: number[] = [];
    openai.answerNext({
      events: ['one', 'two'].map((content) => ({ data: { choices: [{ delta: { content } }] } })),
      pace: (index) => {
        paces.push(index);
        return index === 1 ? new Promise<void>((resolve) => (release = resolve)) : Promise.resolve();
      },
    });
    const stream = await client.chat.completions.create({ model, messages, stream: true });
    for await (const { choices } of stream) {
      if (choices[0]?.delta.content !== 'one') continue;
      expect(openai.requests[0]?.eventsWritten).toBe(1);
      release();
    }
    expect(paces).toEqual([0, 1, 2]);
  });

  it.each([
    ['no key', '/v1/chat/completions', {}, 401],
    ['a path of nobody', '/v1/nothing', { authorization: 'Bearer key' }, 404],
    ['a broken body', '/v1/chat/completions', { authorization: 'Bearer key' }, 400],
  ])('refuses %s', async (_what, path, headers, status) => {
    const init = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: '{' };
    const response = await fetch(openai.url + path, init as RequestInit);
    expect([response.status, Object.keys((await response.json()) as object)]).toEqual([status, ['error']]);
  });

  it('lets a page of any origin call', async () => {
    const url = `${openai.url}/v1/chat/completions`;
    const origin = 'https://app.example';
    const preflight = await fetch(url, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toBe('authorization,content-type');
    const response = await fetch(url, {
      method: 'POST',
      headers: { origin, authorization: 'Bearer key' },
      body: JSON.stringify({ model, messages }),
    });
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(openai.requests.map(({ method }) => method)).toEqual(['POST']);
  });
});
