import {
  ApplyGuardrailCommand,
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  type ConverseStreamOutput,
  CountTokensCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RunningBedrock, startBedrock } from './start-bedrock.ts';

let bedrock: RunningBedrock;
let client: BedrockRuntimeClient;

beforeEach(async () => {
  bedrock = await startBedrock();
  client = new BedrockRuntimeClient({ ...bedrock.clientConfig, maxAttempts: 1 });
});

afterEach(async () => {
  client.destroy();
  await bedrock.close();
});

const modelId = 'anthropic.claude-3-haiku-20240307-v1:0';
const body = JSON.stringify({
  anthropic_version: 'bedrock-2023-05-31',
  messages: [{ role: 'user', content: 'ping' }],
});
const conversation = { modelId, messages: [{ role: 'user' as const, content: [{ text: 'ping' }] }] };

async function invoke() {
  const output = await client.send(new InvokeModelCommand({ modelId, body }));
  return JSON.parse(output.body.transformToString());
}

async function converseStream() {
  const events: ConverseStreamOutput[] = [];
  for await (const event of (await client.send(new ConverseStreamCommand(conversation))).stream ?? []) {
    events.push(event);
  }
  return events;
}

async function invokeStream() {
  const command = new InvokeModelWithResponseStreamCommand({ modelId, body });
  const chunks: string[] = [];
  for await (const event of (await client.send(command)).body ?? []) {
    chunks.push(Buffer.from(event.chunk?.bytes ?? []).toString());
  }
  return chunks;
}

/** The headers of an answer as they came over the wire. */
async function rawHeaders(operation: string): Promise<Headers> {
  const response = await fetch(`${bedrock.url}/model/${modelId}/${operation}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bedrock.bearerToken}` },
    body,
  });
  await response.arrayBuffer();
  return response.headers;
}

describe('a default answer', () => {
  it('quotes the request in the formats of Converse', async () => {
    const text = 'This is a local answer to: ping';
    // 4 characters in and 31 out, four to a token.
    const usage = { inputTokens: 1, outputTokens: 8, totalTokens: 9 };
    expect(await client.send(new ConverseCommand(conversation))).toMatchObject({
      output: { message: { role: 'assistant', content: [{ text }] } },
      stopReason: 'end_turn',
      usage,
      metrics: { latencyMs: expect.any(Number) },
    });
    const events = await converseStream();
    expect(events.map((event) => event.contentBlockDelta?.delta?.text ?? '').join('')).toBe(text);
    expect(events.map((event) => Object.keys(event)[0])).toEqual([
      'messageStart',
      ...Array(7).fill('contentBlockDelta'),
      'contentBlockStop',
      'messageStop',
      'metadata',
    ]);
    expect(events.at(-1)?.metadata).toEqual({ usage, metrics: { latencyMs: expect.any(Number) } });
  });

  it('counts a token for every four characters of the texts in the request', async () => {
    const output = await client.send(
      new ConverseCommand({
        modelId,
        system: [{ text: '12345678' }],
        messages: [
          {
            role: 'user',
            content: [{ text: '1234' }, { image: { format: 'png', source: { bytes: Buffer.alloc(99) } } }],
          },
          { role: 'assistant', content: [{ text: '1234' }] },
          { role: 'user', content: [{ text: '\u{1F600}\u{1F600}\u{1F600}\u{1F600}1' }] },
        ],
        toolConfig: {
          tools: [{ toolSpec: { name: 'lookup', description: 'x'.repeat(400), inputSchema: { json: {} } } }],
        },
      }),
    );
    expect(output.usage?.inputTokens).toBe(6);
  });

  it('carries the headers of the real service', async () => {
    const invokeHeaders = await rawHeaders('invoke');
    expect(invokeHeaders.get('content-type')).toBe('application/json');
    expect(invokeHeaders.get('x-amzn-requestid')).toBe(bedrock.requests[0]?.requestId);
    expect(invokeHeaders.get('x-amzn-bedrock-input-token-count')).toBe('1');
    expect(invokeHeaders.get('x-amzn-bedrock-output-token-count')).toBe('8');
    expect(invokeHeaders.get('x-amzn-bedrock-invocation-latency')).toMatch(/^\d+$/);
    expect(invokeHeaders.has('x-amzn-bedrock-cache-read-input-token-count')).toBe(false);

    const streamHeaders = await rawHeaders('invoke-with-response-stream');
    expect(streamHeaders.get('content-type')).toBe('application/vnd.amazon.eventstream');
    expect(streamHeaders.get('x-amzn-bedrock-content-type')).toBe('application/json');
    expect(streamHeaders.get('x-amzn-requestid')).toBe(bedrock.requests[1]?.requestId);

    const converseHeaders = await rawHeaders('converse-stream');
    expect(converseHeaders.get('content-type')).toBe('application/vnd.amazon.eventstream');
    expect(converseHeaders.has('x-amzn-bedrock-content-type')).toBe(false);
  });

  it('refuses a body that is not JSON', async () => {
    await expect(client.send(new InvokeModelCommand({ modelId, body: 'ping' }))).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'Malformed input request, please reformat your input and try again.',
      $metadata: { httpStatusCode: 400 },
    });
  });

  it('counts tokens without generating any', async () => {
    const converse = { messages: conversation.messages };
    const forConverse = new CountTokensCommand({ modelId, input: { converse } });
    expect((await client.send(forConverse)).inputTokens).toBe(1);
    const forInvoke = new CountTokensCommand({
      modelId,
      input: { invokeModel: { body: Buffer.from(body) } },
    });
    expect((await client.send(forInvoke)).inputTokens).toBe(1);
  });

  it('lets every text pass a guardrail', async () => {
    const command = new ApplyGuardrailCommand({
      guardrailIdentifier: 'gr1',
      guardrailVersion: '1',
      source: 'INPUT',
      content: [{ text: { text: 'ping' } }],
    });
    expect(await client.send(command)).toMatchObject({ action: 'NONE', assessments: [] });
  });
});

describe('a scripted answer', () => {
  it('says its text, in the pieces and with the stop reason it gives', async () => {
    const answer = { chunks: ['a', 'b'], stopReason: 'max_tokens' };
    bedrock.answerNext(answer, answer);
    expect(await invoke()).toMatchObject({ content: [{ text: 'ab' }], stop_reason: 'max_tokens' });
    expect(await converseStream()).toMatchObject([
      { messageStart: {} },
      { contentBlockDelta: { delta: { text: 'a' } } },
      { contentBlockDelta: { delta: { text: 'b' } } },
      { contentBlockStop: {} },
      { messageStop: { stopReason: 'max_tokens' } },
      { metadata: { usage: { outputTokens: 1 } } },
    ]);
  });

  it('tells the same usage in body, headers and metrics, with caches', async () => {
    const usage = {
      inputTokens: 100,
      outputTokens: 20,
      cacheReadInputTokens: 50,
      cacheWrite5mInputTokens: 7,
      cacheWrite1hInputTokens: 3,
    };
    const answer = { text: 'pong', usage };
    bedrock.answerNext(answer, answer, answer, answer, answer);

    const inputUsage = {
      input_tokens: 100,
      cache_read_input_tokens: 50,
      cache_creation_input_tokens: 10,
      cache_creation: { ephemeral_5m_input_tokens: 7, ephemeral_1h_input_tokens: 3 },
    };
    expect((await invoke()).usage).toEqual({ ...inputUsage, output_tokens: 20 });

    const headers = await rawHeaders('invoke');
    expect(
      ['input', 'output', 'cache-read-input', 'cache-write-input'].map((kind) =>
        headers.get(`x-amzn-bedrock-${kind}-token-count`),
      ),
    ).toEqual(['100', '20', '50', '10']);

    const chunks = (await invokeStream()).map((chunk) => JSON.parse(chunk));
    expect(chunks[0].message.usage).toMatchObject(inputUsage);
    expect(chunks.at(-1)['amazon-bedrock-invocationMetrics']).toMatchObject({
      inputTokenCount: 100,
      outputTokenCount: 20,
      cacheReadInputTokenCount: 50,
      cacheWriteInputTokenCount: 10,
    });

    const converseUsage = {
      inputTokens: 100,
      outputTokens: 20,
      totalTokens: 180,
      cacheReadInputTokens: 50,
      cacheWriteInputTokens: 10,
      cacheDetails: [
        { ttl: '1h', inputTokens: 3 },
        { ttl: '5m', inputTokens: 7 },
      ],
    };
    expect((await client.send(new ConverseCommand(conversation))).usage).toEqual(converseUsage);
    expect((await converseStream()).at(-1)?.metadata?.usage).toEqual(converseUsage);
  });

  it('takes a cache write without a lifetime for one of five minutes', async () => {
    bedrock.answerNext({ usage: { cacheWriteInputTokens: 9 } });
    expect((await invoke()).usage.cache_creation).toEqual({
      ephemeral_5m_input_tokens: 9,
      ephemeral_1h_input_tokens: 0,
    });
  });

  it('is sent as given when it is JSON or bytes', async () => {
    bedrock.answerNext(
      {
        json: { xproxy_result: 1 },
        usage: { inputTokens: 5, outputTokens: 6 },
        headers: { 'x-extra': 'yes' },
      },
      { bytes: Buffer.from([0, 255]), contentType: 'image/png' },
    );
    const headers = await rawHeaders('invoke');
    expect(headers.get('x-amzn-bedrock-input-token-count')).toBe('5');
    expect(headers.get('x-extra')).toBe('yes');
    const image = await client.send(new InvokeModelCommand({ modelId, body }));
    expect([...image.body]).toEqual([0, 255]);
    expect(image.contentType).toBe('image/png');
  });

  it.each([
    ['ThrottlingException', 429],
    ['ValidationException', 400],
    ['AccessDeniedException', 403],
    ['ResourceNotFoundException', 404],
    ['ModelTimeoutException', 408],
    ['ModelErrorException', 424],
    ['InternalServerException', 500],
    ['ServiceUnavailableException', 503],
  ])('makes the client throw %s', async (type, status) => {
    const members = { originalStatusCode: 418 };
    bedrock.answerNext({ error: { type, message: 'scripted', members } }, { error: { type, status: 499 } });
    await expect(invoke()).rejects.toMatchObject({
      name: type,
      message: 'scripted',
      originalStatusCode: 418,
      $metadata: { httpStatusCode: status, requestId: expect.any(String) },
    });
    await expect(invoke()).rejects.toMatchObject({ name: type, $metadata: { httpStatusCode: 499 } });
  });

  it('makes the client try again when it is a 503', async () => {
    const unavailable = { error: { type: 'ServiceUnavailableException' } };
    bedrock.answerNext(unavailable, unavailable, { text: 'third time lucky' });
    const patient = new BedrockRuntimeClient({ ...bedrock.clientConfig, maxAttempts: 3 });
    const output = await patient.send(new ConverseCommand(conversation));
    expect(output.$metadata.attempts).toBe(3);
    expect(bedrock.requests.map(({ status }) => status)).toEqual([503, 503, 200]);
    patient.destroy();
  });

  it('streams any events, exceptions and frames', async () => {
    bedrock.answerNext(
      { events: [{ chunk: { i: 1 } }, { chunk: Buffer.from('not JSON') }] },
      {
        events: [
          { event: 'messageStart', payload: { role: 'assistant' } },
          { event: 'fromTheFuture', payload: {} },
          { exception: 'throttlingException', payload: { message: 'slow down' } },
        ],
      },
      {
        events: [
          {
            frame: {
              headers: { ':message-type': 'error', ':error-code': 'Strange', ':error-message': 'odd' },
              body: '',
            },
          },
        ],
      },
      { events: [{ bytes: Buffer.from('these bytes are no frame at all') }] },
    );
    expect(await invokeStream()).toEqual(['{"i":1}', 'not JSON']);
    await expect(converseStream()).rejects.toMatchObject({
      name: 'ThrottlingException',
      message: 'slow down',
    });
    await expect(converseStream()).rejects.toMatchObject({ name: 'Strange' });
    await expect(converseStream()).rejects.toThrow();
  });
});
