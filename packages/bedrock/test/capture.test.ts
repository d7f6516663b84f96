import { createServer } from 'node:http';
import { constants, createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import {
  type BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
} from '@aws-sdk/client-bedrock-runtime';
import {
  type CapturedContent,
  type CaptureOptions,
  createHeaders,
  createPayi,
  type DeliveryOptions,
  type Diagnostic,
  type Payi,
  type Receipt,
} from '@payi/core';
import { type RunningPayi, startBedrock, startPayi } from '@payi/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { registerBedrockClientCallbacks } from '../src/index.ts';
import { calls, proxiedOperations } from './calls.ts';
import { createClient, modelId, transportNames } from './clients.ts';

let bedrock: Awaited<ReturnType<typeof startBedrock>>;
const cleanups: (() => unknown)[] = [];
beforeAll(async () => {
  bedrock = await startBedrock();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
afterAll(() => bedrock.close());

interface Setting {
  readonly server: RunningPayi;
  readonly payi: Payi;
  readonly client: BedrockRuntimeClient;
  readonly receipts: Receipt[];
  readonly diagnostics: Diagnostic[];
  /** The last event that Pay-i got. */
  event(): Promise<Record<string, unknown>>;
}

async function start(
  capture: boolean | CaptureOptions,
  delivery: DeliveryOptions = {},
  transport: (typeof transportNames)[number] = 'http/1.1',
): Promise<Setting> {
  const server = await startPayi();
  const receipts: Receipt[] = [];
  const diagnostics: Diagnostic[] = [];
  const payi = createPayi({
    route: 'direct',
    apiKey: server.apiKey,
    baseUrl: server.url,
    capture,
    onReceipt: (receipt) => receipts.push(receipt),
    onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
    delivery: { intervalMs: 1, ...delivery },
  });
  const client = createClient(bedrock.clientConfig, transport);
  registerBedrockClientCallbacks(client, proxiedOperations, { payi });
  cleanups.push(
    () => server.close(),
    () => payi.close({ timeoutMs: 10 }),
    () => client.destroy(),
  );
  const event = async (): Promise<Record<string, unknown>> => {
    expect(await payi.flush({ timeoutMs: Infinity })).toBe(true);
    const request = server.requests.findLast(({ path }) => path.includes('/ingest'));
    return JSON.parse(String(request?.body))[0];
  };
  return { server, payi, client, receipts, diagnostics, event };
}

/** Throws whenever somebody reads a member of it. */
const untouchable = new Proxy(
  {},
  {
    get() {
      throw new Error('hands off');
    },
  },
);
const contentMembers = (event: Record<string, unknown>): string[] =>
  Object.keys(event).filter((name) => /_json|_headers|function_calls/.test(name));
const question = (text: string): { role: 'user'; content: [{ text: string }] }[] => [
  { role: 'user', content: [{ text }] },
];

describe('capture', () => {
  it.each(transportNames)('hands the caller the same answers as without, over %s', async (transport) => {
    const { client } = await start(true, {}, transport);
    const bare = createClient(bedrock.clientConfig, transport);
    cleanups.push(() => bare.destroy());
    for (const operation of proxiedOperations) {
      expect(await calls[operation](client, { modelId })).toEqual(await calls[operation](bare, { modelId }));
    }
    bedrock.answerNext({ error: { type: 'ValidationException', message: 'no' } });
    const refused = await calls.Converse(client, { modelId }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ name: 'ValidationException', message: 'no' });
  });

  it.each(transportNames)(
    'leaves the error of an answer that breaks off as it is, over %s',
    async (transport) => {
      const { payi, event } = await start(true);
      const onStream = (stream: ServerHttp2Stream): void => {
        stream.on('error', () => {});
        stream.respond({ ':status': 200, 'content-type': 'application/json' });
        stream.write('{"output":');
        setTimeout(() => stream.close(constants.NGHTTP2_INTERNAL_ERROR), 10);
      };
      const provider =
        transport === 'h2'
          ? createHttp2Server().on('stream', onStream)
          : createServer((_, response) => {
              response.writeHead(200, { 'content-type': 'application/json', 'content-length': '99' });
              response.write('{"output":');
              setTimeout(() => response.destroy(), 10);
            });
      await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
      const endpoint = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
      const [bare, client] = [0, 1].map(() =>
        createClient({ ...bedrock.clientConfig, endpoint, maxAttempts: 1 }, transport),
      ) as [BedrockRuntimeClient, BedrockRuntimeClient];
      registerBedrockClientCallbacks(client, 'Converse', { payi });
      cleanups.push(
        () => provider.close(),
        () => bare.destroy(),
        () => client.destroy(),
      );
      const errorOf = (caller: BedrockRuntimeClient): Promise<unknown> =>
        calls.Converse(caller, { modelId }).then(
          () => expect.unreachable(),
          ({ name, message, code, $metadata, $response }) => ({
            name,
            message,
            code,
            status: $metadata.httpStatusCode,
            rawStatus: $response?.statusCode,
          }),
        );
      const expected = await errorOf(bare);
      expect(expected).toMatchObject({ status: 200, rawStatus: 200 });
      expect(await errorOf(client)).toEqual(expected);
      expect((await event()).properties).toMatchObject({ 'system.outcome': 'failed' });
    },
  );

  it('reports an answer of InvokeModel as it came, whatever its caller does with the bytes', async () => {
    const { client, event } = await start({ answers: true });
    bedrock.answerNext({ json: { content: [{ type: 'text', text: 'Grüße' }] } });
    const { body } = await client.send(new InvokeModelCommand({ modelId, body: '{"messages":[]}' }));
    body.fill(0);
    expect((await event()).provider_response_json).toBe('{"content":[{"type":"text","text":"Grüße"}]}');
  });

  it('reports text that is no JSON as text', async () => {
    const { client, event } = await start({ answers: true });
    bedrock.answerNext({ bytes: new TextEncoder().encode('no JSON'), contentType: 'text/plain' });
    await client.send(new InvokeModelCommand({ modelId, body: '{}' }));
    expect((await event()).provider_response_json).toBe('no JSON');
  });

  it('has a placeholder for an answer of bytes that are no text', async () => {
    const { client, event } = await start({ answers: true });
    bedrock.answerNext({ bytes: new Uint8Array([0xff, 0xd8, 0, 1, 2]), contentType: 'image/jpeg' });
    await client.send(new InvokeModelCommand({ modelId, body: '{}' }));
    expect((await event()).provider_response_json).toBe('<not_instrumented>');
  });

  it('has a placeholder for bytes among the events of a stream', async () => {
    const { client, event } = await start({ answers: true });
    const redactedContent = Buffer.from('thoughts').toString('base64');
    bedrock.answerNext({
      events: [
        { event: 'messageStart', payload: { role: 'assistant' } },
        {
          event: 'contentBlockDelta',
          payload: { delta: { reasoningContent: { redactedContent } }, contentBlockIndex: 0 },
        },
        { event: 'messageStop', payload: { stopReason: 'end_turn' } },
        { event: 'metadata', payload: { usage: { inputTokens: 12, outputTokens: 1, totalTokens: 13 } } },
      ],
    });
    const { stream } = await client.send(new ConverseStreamCommand({ modelId, messages: question('Think') }));
    const bytes: unknown[] = [];
    for await (const { contentBlockDelta } of stream ?? []) {
      if (contentBlockDelta) bytes.push(contentBlockDelta.delta?.reasoningContent?.redactedContent);
    }
    expect(Buffer.from(bytes[0] as Uint8Array).toString()).toBe('thoughts');
    const reported = String((await event()).provider_response_json);
    expect(reported).toContain('<not_instrumented>');
    expect(reported).not.toContain(redactedContent);
    expect(reported).not.toMatch(/"0":\d/);
  });

  it('has no session token that AWS quotes in an error', async () => {
    const { client, event } = await start(true);
    const quoted = 'host:bedrock\nx-amz-security-token:IQoJb3JpZ2luX2VjEAAaCXVzLWVhc3QtMSJIMEYCIQD\nend';
    bedrock.answerNext({
      error: {
        type: 'InvalidSignatureException',
        status: 403,
        message: `The Canonical String was '${quoted}'`,
      },
    });
    await calls.Converse(client, { modelId }).catch(() => {});
    const reported = JSON.stringify(await event());
    expect(reported).toContain('x-amz-security-token:<not_instrumented>');
    expect(reported).not.toContain('IQoJ');
  });

  it('replaces pictures', async () => {
    const { client, event } = await start(true);
    const bytes = new Uint8Array([137, 80, 78, 71]);
    const content = [{ text: 'What is this?' }, { image: { format: 'png' as const, source: { bytes } } }];
    await client.send(new ConverseCommand({ modelId, messages: [{ role: 'user', content }] }));
    expect(JSON.parse(String((await event()).provider_request_json))).toEqual({
      messages: [
        {
          role: 'user',
          content: [
            { text: 'What is this?' },
            { image: { format: 'png', source: { bytes: '<not_instrumented>' } } },
          ],
        },
      ],
    });
  });

  it('reports the arguments of tools, streamed or not', async () => {
    const { client, event } = await start({ answers: true });
    const toolUse = { toolUseId: 't1', name: 'weather', input: { city: 'Paris' } };
    bedrock.answerNext({
      json: {
        output: { message: { role: 'assistant', content: [{ toolUse }] } },
        stopReason: 'tool_use',
        usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
      },
    });
    await client.send(new ConverseCommand({ modelId, messages: question('Weather?') }));
    const expected = [{ name: 'weather', arguments: '{"city":"Paris"}' }];
    expect((await event()).provider_response_function_calls).toEqual(expected);
    bedrock.answerNext({
      events: [
        { event: 'messageStart', payload: { role: 'assistant' } },
        {
          event: 'contentBlockStart',
          payload: { contentBlockIndex: 0, start: { toolUse: { toolUseId: 't1', name: 'weather' } } },
        },
        {
          event: 'contentBlockDelta',
          payload: { contentBlockIndex: 0, delta: { toolUse: { input: '{"city":"Paris"}' } } },
        },
        { event: 'messageStop', payload: { stopReason: 'tool_use' } },
      ],
    });
    const { stream } = await client.send(
      new ConverseStreamCommand({ modelId, messages: question('Weather?') }),
    );
    for await (const _ of stream ?? []);
    expect((await event()).provider_response_function_calls).toEqual(expected);
  });

  it('reports names of tools alone when answers are not asked for', async () => {
    const { client, event } = await start({ prompts: true, headers: true });
    bedrock.answerNext({
      json: {
        output: {
          message: {
            role: 'assistant',
            content: [{ toolUse: { toolUseId: 't', name: 'weather', input: { city: 'Paris' } } }],
          },
        },
        stopReason: 'tool_use',
      },
    });
    await client.send(new ConverseCommand({ modelId, messages: question('Weather?') }));
    const reported = await event();
    expect(reported.provider_response_function_calls).toEqual([{ name: 'weather' }]);
    expect(JSON.stringify(reported)).not.toContain('Paris');
  });

  it('reports of a stream that its reader left what came until then', async () => {
    const { client, event } = await start({ answers: true });
    // The last is two seconds away when the reader leaves.
    const chunks = ['one ', 'two ', ...Array(100).fill('three '), 'four '];
    bedrock.answerNext({ chunks, chunkDelayMs: 20 });
    const { stream } = await client.send(new ConverseStreamCommand({ modelId, messages: question('Count') }));
    for await (const { contentBlockDelta } of stream ?? []) {
      if (contentBlockDelta?.delta?.text === 'two ') break;
    }
    const text = String((await event()).provider_response_json);
    expect(text).toContain('two ');
    expect(text).not.toContain('four ');
  });

  it('reports headers without credentials, not even those of the caller', async () => {
    const { client, event } = await start({ headers: true });
    const secrets = {
      'X-Api-Key': 's3cret',
      'x-team-token': 's3cret',
      'x-upstream': 'Bearer s3cret',
      'x-team': 'red',
    };
    bedrock.answerNext({ json: {}, headers: { 'set-cookie': 'id=s3cret', 'x-region': 'eu' } });
    const extraHeaders = { ...createHeaders({ userId: 'u-1' }), ...secrets };
    await client.send(new InvokeModelCommand({ modelId, body: '{}', extraHeaders }));
    const reported = await event();
    expect(contentMembers(reported)).toEqual(['provider_request_headers', 'provider_response_headers']);
    expect(reported.provider_request_headers).toContainEqual({ name: 'x-team', value: 'red' });
    expect(reported.provider_response_headers).toContainEqual({ name: 'x-region', value: 'eu' });
    expect(JSON.stringify(reported)).not.toMatch(/s3cret|AWS4-HMAC|Signature|cookie/i);
    expect(bedrock.requests.at(-1)?.headers['x-api-key']).toBe('s3cret');
  });

  it('cuts what is longer than asked for, and says so', async () => {
    const { client, event } = await start({ prompts: true, answers: true, maxBytes: 2000 });
    await client.send(new ConverseCommand({ modelId, messages: question('long '.repeat(10_000)) }));
    const reported = await event();
    expect(String(reported.provider_request_json).length).toBeLessThanOrEqual(2000);
    expect(JSON.parse(String(reported.provider_request_json)).messages[0].content[0].text).toMatch(
      /^long .*…$/,
    );
    expect(reported.properties).toMatchObject({ 'system.capture.cut': 'true' });
  });

  it('sends events without content rather than lose them when the queue is full', async () => {
    const { server, payi, client, diagnostics } = await start(true, {
      maxQueuedBytes: 10_000,
      intervalMs: 60_000,
      results: 'never',
    });
    for (let call = 0; call < 4; call += 1) {
      await client.send(new ConverseCommand({ modelId, messages: question('many words '.repeat(200)) }));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(payi.stats()).toMatchObject({ queued: 4, dropped: 0 });
    await payi.flush({ timeoutMs: Infinity });
    expect(server.ledger).toHaveLength(4);
    expect(diagnostics).toContainEqual(
      expect.objectContaining({ message: 'the queue is full: an event goes without its content' }),
    );
  });

  it('sends an event without content when it is too large for what takes it', async () => {
    const { server, payi, client, diagnostics, event } = await start(true, { results: 'never' });
    server.ingestFaults.push({ status: 413 });
    await client.send(new ConverseCommand({ modelId, messages: question('Hello') }));
    expect(contentMembers(await event())).toEqual([]);
    expect(server.ledger).toHaveLength(1);
    expect(payi.stats()).toMatchObject({ sent: 1, queued: 0, rejected: 0, dropped: 0, bytes: 0 });
    expect(diagnostics).toEqual([
      expect.objectContaining({ message: 'an event goes without what Pay-i refused: content (too large)' }),
    ]);
  });

  it('sends no half of a character that was cut', async () => {
    const { server, payi, client } = await start({ answers: true });
    bedrock.answerNext({ error: { type: 'ValidationException', message: `${'x'.repeat(499)}😀` } });
    await calls.Converse(client, { modelId }).catch(() => {});
    expect(await payi.flush({ timeoutMs: Infinity })).toBe(true);
    const body = String(server.requests.findLast(({ path }) => path.includes('/ingest'))?.body);
    expect(body).toContain('xxx\uFFFD"');
    expect(body).not.toMatch(/[^\\]\\ud/);
  });

  it.each<[string, CaptureOptions['redact'], string]>([
    [
      'throws',
      () => {
        throw new Error('redactor');
      },
      'capture.redact failed',
    ],
    ['returns nothing', () => undefined as never, 'has to return the content to deliver'],
    [
      'is asynchronous',
      (async (content) => content) as CaptureOptions['redact'],
      'has to return the content',
    ],
    [
      'is asynchronous and fails',
      (async () => Promise.reject(new Error('redactor'))) as CaptureOptions['redact'],
      'has to return the content',
    ],
    [
      'returns what is no JSON',
      (content) => {
        const circle: Record<string, unknown> = {};
        circle.circle = circle;
        return { ...content, request: circle };
      },
      'returned no JSON',
    ],
    ['returns what cannot be looked at', () => untouchable as never, 'capture.redact failed'],
  ])('reports the call without content when the redactor %s', async (_, redact, problem) => {
    const { client, diagnostics, event, server } = await start({ prompts: true, answers: true, redact });
    await client.send(new ConverseCommand({ modelId, messages: question('Hello') }));
    expect(contentMembers(await event())).toEqual([]);
    expect(server.ledger).toHaveLength(1);
    expect(diagnostics).toEqual([
      expect.objectContaining({
        code: 'CALLBACK_FAILED',
        operation: 'Converse',
        message: expect.stringContaining(problem),
      }),
    ]);
  });

  it('delivers nothing of a call for which the redactor returns null', async () => {
    const { client, diagnostics, event } = await start({ prompts: true, answers: true, redact: () => null });
    await client.send(new ConverseCommand({ modelId, messages: question('Hello') }));
    expect(contentMembers(await event())).toEqual([]);
    expect(diagnostics).toEqual([]);
  });

  it('lets a redactor see and change everything, and bring no credential back', async () => {
    const seen: CapturedContent[] = [];
    const redact = (content: CapturedContent): CapturedContent => {
      seen.push(structuredClone(content));
      return {
        request: JSON.parse(JSON.stringify(content.request).replaceAll('Smith', '***')),
        response: 'kept to ourselves',
        requestHeaders: {
          ...content.requestHeaders,
          authorization: 'Bearer x',
          'x-kept': '1',
          '': 'no name',
        },
        responseHeaders: {},
      };
    };
    const { client, event } = await start({ prompts: true, answers: true, headers: true, redact });
    await client.send(new ConverseCommand({ modelId, messages: question('I am Mr Smith') }));
    const reported = await event();
    expect(seen).toEqual([
      {
        request: { messages: [{ role: 'user', content: [{ text: 'I am Mr Smith' }] }] },
        response: expect.objectContaining({ output: expect.anything(), usage: expect.anything() }),
        requestHeaders: expect.objectContaining({ 'content-type': 'application/json' }),
        responseHeaders: expect.objectContaining({ 'content-type': 'application/json' }),
      },
    ]);
    expect(reported.provider_request_json).toContain('I am Mr ***');
    expect(reported.provider_request_headers).toContainEqual({ name: 'x-kept', value: '1' });
    expect(JSON.stringify(reported)).not.toMatch(/Smith|Bearer|no name/);
    expect(reported.provider_response_headers).toEqual([]);
  });

  it.each([
    ['yes'],
    [1],
    [null],
    [{ prompts: 'yes' }],
    [{ redact: 'all' }],
    [{ maxBytes: 0 }],
    [{ maxBytes: Number.NaN }],
  ])('is refused as %j', (capture) => {
    expect(() => createPayi({ route: 'direct', apiKey: 'k', capture: capture as never })).toThrow(
      expect.objectContaining({
        name: 'ConfigurationError',
        message: expect.stringContaining('capture must be'),
      }),
    );
  });

  it('costs nothing on the other routes: nothing is kept there', async () => {
    const payi = createPayi({
      route: 'headers',
      capture: { prompts: true, redact: () => expect.unreachable() },
    });
    const client = createClient(bedrock.clientConfig);
    cleanups.push(() => client.destroy());
    registerBedrockClientCallbacks(client, 'Converse', { payi });
    await calls.Converse(client, { modelId });
  });
});
