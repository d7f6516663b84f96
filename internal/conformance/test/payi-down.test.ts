import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BedrockRuntimeClientConfig } from '@aws-sdk/client-bedrock-runtime';
import { withPayi as withPayiAnthropic } from '@payi/anthropic';
import { registerBedrockClientCallbacks } from '@payi/bedrock';
import {
  createPayi,
  type Diagnostic,
  isPayiUnavailable,
  type Payi,
  type PayiOptions,
  type Receipt,
} from '@payi/core';
import { openJournal } from '@payi/core/journal';
import { withPayi as withPayiGoogle } from '@payi/google';
import { withPayi as withPayiOpenAI } from '@payi/openai';
import { type ListenOptions, listen, startBedrock, startPayi } from '@payi/testkit';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterEach, describe, expect, it } from 'vitest';
import { advanceClock, holdTimers } from '../../testing/clock.ts';
import { loadSdks, sdkAge } from '../src/sdks.ts';
import {
  anthropicOnBedrockStream,
  anthropicStream,
  chatStream,
  geminiStream,
  type StreamFormat,
  wholeStream,
} from '../src/stream-formats.ts';

const { bedrock: sdk, AnthropicBedrock, Anthropic, GoogleGenAI, OpenAI } = await loadSdks();

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
function closeLater<Server extends { close(): unknown }>(server: Server): Server {
  closing.push(() => server.close());
  return server;
}

interface CallOptions {
  readonly timeoutMs?: number | undefined;
  readonly userId?: string;
  readonly stream?: boolean;
}

/** A provider, and a client of it with Pay-i. */
interface Line {
  /** @returns The text of the answer. */
  call(options?: CallOptions): Promise<string>;
  /** The headers of what reached the provider. */
  arrived(): readonly Readonly<Record<string, unknown>>[];
  /** Answers the next call with the provider's own 503. */
  failNext(): void;
}

const apiKey = 'the-right-key';
const headersOf = (userId = 'u-42') => ({ 'x-trace': 't-1', 'xProxy-User-ID': userId });

/** What a provider waits for before it answers the request with this index. */
let pace: (index: number) => Promise<void> | undefined = () => undefined;
afterEach(() => {
  pace = () => undefined;
});

const messages = [{ role: 'user' as const, content: 'hi' }];
const pieces = ['from the ', 'provider'];

/** The text of a stream, in any of the formats. */
async function textOf(stream: AsyncIterable<unknown> | undefined): Promise<string> {
  let text = '';
  for await (const event of (stream ?? []) as AsyncIterable<Piece>) {
    const { candidates, choices, contentBlockDelta, delta } = event;
    const part = contentBlockDelta?.delta ?? delta ?? candidates?.[0]?.content?.parts?.[0];
    text += part?.text ?? choices?.[0]?.delta?.content ?? '';
  }
  return text;
}
interface Piece {
  readonly candidates?: readonly {
    readonly content?: { readonly parts?: readonly { readonly text?: string }[] };
  }[];
  readonly delta?: { readonly text?: string };
  readonly contentBlockDelta?: { readonly delta?: { readonly text?: string } };
  readonly choices?: readonly { readonly delta?: { readonly content?: string } }[];
}

interface Limit {
  readonly requestTimeout?: number;
  readonly throwOnRequestTimeout?: true;
}

function bedrockLine(handler: (limit: Limit) => NonNullable<BedrockRuntimeClientConfig['requestHandler']>) {
  return async (payi: Payi, retries: number): Promise<Line> => {
    let index = 0;
    const bedrock = closeLater(
      await startBedrock({
        async answer() {
          index += 1;
          await pace(index);
          return { text: 'from the provider' };
        },
      }),
    );
    const clients = new Map<number | undefined, InstanceType<typeof sdk.BedrockRuntimeClient>>();
    return {
      async call({ timeoutMs, userId, stream } = {}) {
        const maxAttempts = retries + 1;
        const limit: Limit =
          timeoutMs === undefined ? {} : { requestTimeout: timeoutMs, throwOnRequestTimeout: true };
        const config = { ...bedrock.clientConfig, requestHandler: handler(limit), maxAttempts };
        const client = clients.get(timeoutMs) ?? new sdk.BedrockRuntimeClient(config);
        clients.set(timeoutMs, client);
        registerBedrockClientCallbacks(client, ['Converse', 'ConverseStream'], { payi });
        closing.push(() => client.destroy());
        const input = {
          modelId: 'amazon.nova-lite-v1:0',
          messages: [{ role: 'user' as const, content: [{ text: 'hi' }] }],
        };
        const command = { ...input, extraHeaders: headersOf(userId) };
        const text = stream
          ? await textOf((await client.send(new sdk.ConverseStreamCommand(command))).stream)
          : (await client.send(new sdk.ConverseCommand(command))).output?.message?.content?.[0]?.text;
        expect(bedrock.requests.every(({ signature }) => signature.valid)).toBe(true);
        return text ?? '';
      },
      arrived: () => bedrock.requests.map(({ headers }) => headers),
      failNext: () => bedrock.answerNext({ error: { type: 'ServiceUnavailableException' } }),
    };
  };
}

/** A provider that answers with one body of JSON, or with a stream. */
async function startApi(answer: object, format: StreamFormat) {
  const arrived: Readonly<Record<string, unknown>>[] = [];
  let fails = false;
  const server = closeLater(
    await listen(async (request, response) => {
      let asked = '';
      for await (const chunk of request) asked += chunk;
      arrived.push(request.headers);
      await pace(arrived.length);
      const isStream = asked.includes('"stream":true') || request.url?.includes('alt=sse');
      if (!fails && isStream) {
        response.writeHead(200, { 'content-type': format.contentType });
        for (const event of wholeStream(format, pieces)) response.write(event);
        response.end();
        return;
      }
      response.writeHead(fails ? 503 : 200, { 'content-type': 'application/json', 'x-request-id': 'req-1' });
      response.end(
        JSON.stringify(
          fails
            ? { error: { message: 'overloaded' } }
            : { ...answer, id: `id-${arrived.length}`, responseId: `id-${arrived.length}` },
        ),
      );
      fails = false;
    }),
  );
  return {
    url: server.url,
    arrived: () => arrived,
    failNext: () => {
      fails = true;
    },
  };
}

const message = {
  id: 'msg-1',
  type: 'message',
  role: 'assistant',
  content: [{ type: 'text', text: 'from the provider' }],
  usage: { input_tokens: 5, output_tokens: 3 },
};
const completion = {
  id: 'chat-1',
  choices: [{ index: 0, message: { role: 'assistant', content: 'from the provider' } }],
  usage: { prompt_tokens: 5, completion_tokens: 3 },
};
const content = {
  candidates: [{ content: { role: 'model', parts: [{ text: 'from the provider' }] }, finishReason: 'STOP' }],
  usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 3 },
};
const lines: Record<string, (payi: Payi, maxRetries: number) => Promise<Line>> = {
  'Bedrock, default handler': bedrockLine((limit) => ({ ...limit })),
  'Bedrock, NodeHttpHandler': bedrockLine(
    (limit) => new NodeHttpHandler({ ...limit, httpAgent: { maxSockets: 300 } }),
  ),
  async OpenAI(payi, maxRetries) {
    const api = await startApi(completion, chatStream);
    const client = withPayiOpenAI(new OpenAI({ apiKey: 'sk', baseURL: `${api.url}/v1`, maxRetries }), {
      payi,
    });
    return {
      ...api,
      async call({ timeoutMs, userId, stream } = {}) {
        const options = { headers: headersOf(userId), ...(timeoutMs && { timeout: timeoutMs }) };
        const { completions } = client.chat;
        const body = { model: 'gpt-4o', messages };
        if (stream) return textOf(await completions.create({ ...body, stream }, options));
        return (await completions.create(body, options)).choices[0]?.message.content ?? '';
      },
    };
  },
  async Anthropic(payi, maxRetries) {
    const api = await startApi(message, anthropicStream);
    const client = withPayiAnthropic(new Anthropic({ apiKey: 'sk', baseURL: api.url, maxRetries }), { payi });
    return { ...api, call: (options) => createMessage(client, options) };
  },
  async Google(payi, maxRetries) {
    const api = await startApi(content, geminiStream);
    const authClient = { getRequestHeaders: async () => new Headers({ authorization: 'Bearer test' }) };
    const retryOptions = { attempts: maxRetries + 1, initialDelay: 0.01 };
    const client = new GoogleGenAI({
      ...{ vertexai: true, project: 'p', location: 'us-central1' },
      googleAuthOptions: { authClient: authClient as never },
      httpOptions: { baseUrl: api.url, retryOptions },
    });
    const { models } = withPayiGoogle(client, { payi });
    return {
      ...api,
      async call({ timeoutMs, userId, stream } = {}) {
        const httpOptions = { headers: headersOf(userId), ...(timeoutMs && { timeout: timeoutMs }) };
        const parameters = { model: 'gemini-2.5-flash', contents: 'hi', config: { httpOptions } };
        if (stream) return textOf(await models.generateContentStream(parameters));
        return (await models.generateContent(parameters)).text ?? '';
      },
    };
  },
  async AnthropicBedrock(payi, maxRetries) {
    let index = 0;
    const bedrock = closeLater(
      await startBedrock({
        async answer({ operation }) {
          index += 1;
          const id = `id-${index}`;
          await pace(index);
          if (operation === 'InvokeModel') return { json: { ...message, id } };
          const frames = wholeStream(anthropicOnBedrockStream, pieces) as readonly Uint8Array[];
          return { events: frames.map((bytes) => ({ bytes })) };
        },
      }),
    );
    const { accessKeyId: awsAccessKey, secretAccessKey: awsSecretKey } = bedrock.credentials;
    const options = { awsRegion: 'us-east-1', awsAccessKey, awsSecretKey, apiKey: bedrock.bearerToken };
    const client = withPayiAnthropic(new AnthropicBedrock({ ...options, baseURL: bedrock.url, maxRetries }), {
      payi,
    });
    return {
      call: (options) => createMessage(client as never, options),
      arrived: () => bedrock.requests.map(({ headers }) => headers),
      failNext: () => bedrock.answerNext({ error: { type: 'ServiceUnavailableException' } }),
    };
  },
};

async function createMessage(
  client: InstanceType<typeof Anthropic>,
  { timeoutMs, userId, stream }: CallOptions = {},
): Promise<string> {
  const model = 'anthropic.claude-3-7-sonnet-20250219-v1:0';
  const options = { headers: headersOf(userId), ...(timeoutMs && { timeout: timeoutMs }) };
  const body = { model, max_tokens: 50, messages };
  if (stream) return textOf(await client.messages.create({ ...body, stream }, options));
  const { content } = await client.messages.create(body, options);
  return content[0]?.type === 'text' ? content[0].text : '';
}

/** A server in the place of Pay-i that knows nothing of HTTP. */
async function startSocket(onConnection: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closeLater(server);
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

async function answering(
  status: number,
  type: string,
  body: string,
  options?: ListenOptions,
): Promise<string> {
  const server = await listen(async (request, response) => {
    for await (const _ of request);
    response.writeHead(status, { 'content-type': type });
    response.end(body);
  }, options);
  return closeLater(server).url;
}

const page = '<html><body>Bad Gateway</body></html>';

/** A way to be down. `isSafe`: it is certain that the provider did not get the call. */
interface Fault {
  readonly isSafe: boolean;
  /** To the other SDKs it is an answer. */
  readonly isOfBedrock?: true;
  readonly timeoutMs?: number;
  /** @returns The base URL. */
  start(): Promise<string>;
}
const faults: Record<string, Fault> = {
  'the connection is refused': {
    isSafe: true,
    async start() {
      const server = await listen(() => {});
      await server.close();
      return server.url;
    },
  },
  'its name is unknown': { isSafe: true, start: async () => 'https://payi.invalid' },
  'its certificate is not trusted': {
    isSafe: true,
    start: () => answering(200, 'application/json', '{}', { tls: true, protocol: 'http/1.1' }),
  },
  'it speaks no TLS': {
    isSafe: true,
    start: async () => (await answering(200, 'application/json', '{}')).replace('http:', 'https:'),
  },
  '502 with the page of a load balancer': { isSafe: true, start: () => answering(502, 'text/html', page) },
  '503 with a text': { isSafe: true, start: () => answering(503, 'text/plain', 'no healthy upstream') },
  '503 with nothing': { isSafe: true, start: () => answering(503, '', '') },
  '504 with a page': { isSafe: true, start: () => answering(504, 'text/html; charset=utf-8', page) },
  'it refuses its key': {
    isSafe: true,
    start: async () => closeLater(await startPayi({ apiKey: 'another-key' })).url,
  },
  'a page with status 200': {
    isSafe: false,
    isOfBedrock: true,
    start: () => answering(200, 'text/html', page),
  },
  'a reset before the request': {
    isSafe: false,
    start: () => startSocket((socket) => socket.resetAndDestroy()),
  },
  'a reset after the request': {
    isSafe: false,
    start: () => startSocket((socket) => socket.once('data', () => socket.resetAndDestroy())),
  },
  'it accepts and is silent': { isSafe: false, timeoutMs: 300, start: () => startSocket(() => {}) },
};

interface Opened extends Line {
  readonly payi: Payi;
  readonly events: Record<string, unknown>[];
  readonly diagnostics: Diagnostic[];
}

async function open(name: string, baseUrl: string, options: PayiOptions, retries = 0): Promise<Opened> {
  const events: Record<string, unknown>[] = [];
  const diagnostics: Diagnostic[] = [];
  const payi = createPayi({
    apiKey,
    baseUrl,
    delivery: { offline: (lines) => void events.push(...lines.map((line) => JSON.parse(line))) },
    onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
    ...options,
  });
  closing.push(() => payi.close());
  const line = await (lines[name] as (typeof lines)[string])(payi, retries);
  return { ...line, payi, events, diagnostics };
}

const errorOf = (call: Promise<unknown>): Promise<Error> =>
  call.then(
    (answer) => {
      throw new Error(`answered: ${answer}`);
    },
    (error) => error,
  );

describe.each(Object.keys(lines))('%s', (name) => {
  const isFetch = !name.startsWith('Bedrock');

  const ofLine = Object.entries(faults).filter(([, { isOfBedrock }]) => !isFetch || isOfBedrock !== true);
  describe.each(ofLine)('%s', (fault, { isSafe, timeoutMs, start }) => {
    const kinds = [{ stream: false }, { stream: true }];

    /** The error of their time limit has no trace of the call; before openai 7, that of a refused key neither. */
    const isUntraceable =
      isFetch &&
      (timeoutMs !== undefined ||
        (sdkAge === 'oldest' && name === 'OpenAI' && fault === 'it refuses its key'));

    it.each(kinds)(
      'fails with the error of the SDK, and it shows that Pay-i is down, stream: $stream',
      async (kind) => {
        const line = await open(name, await start(), {});
        const error = await errorOf(line.call({ timeoutMs, ...kind }));
        expect(error.name).not.toBe('ConfigurationError');
        expect(isPayiUnavailable(error)).toBe(!isUntraceable);
        expect(isPayiUnavailable(new Error('wrapped', { cause: error }))).toBe(!isUntraceable);
        expect(line.arrived()).toEqual([]);
      },
    );

    const end = isSafe ? 'is answered by the provider' : 'fails';
    it.each(kinds)(`with 'direct' ${end}, and is never sent twice, stream: $stream`, async (kind) => {
      const line = await open(name, await start(), { onUnavailable: 'direct' });
      if (!isSafe) {
        const error = await errorOf(line.call({ timeoutMs, ...kind }));
        expect(isPayiUnavailable(error)).toBe(!isUntraceable);
        expect(line.arrived()).toEqual([]);
        expect(line.events).toEqual([]);
        return;
      }
      expect(await line.call(kind)).toBe('from the provider');
      expect(line.arrived()).toHaveLength(1);
      const sent = line.arrived()[0] ?? {};
      expect(sent['x-trace']).toBe('t-1');
      expect(Object.keys(sent).filter((header) => header.startsWith('xproxy-'))).toEqual([]);
      await expect.poll(() => line.events.length).toBe(1);
      expect(line.events[0]).toMatchObject({ user_id: 'u-42', http_status_code: 200 });
      expect(line.diagnostics.map(({ code }) => code)).toEqual(['PAYI_UNAVAILABLE']);
    });
  });

  it('names Pay-i in the error of the connection, and the way out', async () => {
    const baseUrl = await (faults['the connection is refused'] as Fault).start();
    const line = await open(name, baseUrl, {});
    const { message, cause } = await errorOf(line.call());
    expect(`${message} ${(cause as Error | undefined)?.message}`).toContain(
      `[on the way to Pay-i at ${baseUrl}; createPayi({ onUnavailable: 'direct' }) calls the provider`,
    );
  });

  it('takes an error of the provider for what it is', async () => {
    const backend = closeLater(await startPayi({ apiKey }));
    const line = await open(name, backend.url, { onUnavailable: 'direct' });
    line.failNext();
    const error = await errorOf(line.call());
    expect(isPayiUnavailable(error)).toBe(false);
    expect(line.arrived()).toHaveLength(1);
    expect(line.events).toEqual([]);
    expect(await line.call()).toBe('from the provider');
    expect(line.diagnostics).toEqual([]);
  });

  it.each([true, { prompts: true }, { answers: true }, undefined])(
    'reports the content that `capture: %j` asks for, and no credential',
    async (capture) => {
      const baseUrl = await (faults['the connection is refused'] as Fault).start();
      const line = await open(name, baseUrl, { onUnavailable: 'direct', capture });
      const { prompts, answers } = Object(capture === true ? { prompts: true, answers: true } : capture);
      for (const [index, stream] of [false, true].entries()) {
        await line.call({ stream });
        await expect.poll(() => line.events.length).toBe(index + 1);
        const event = line.events[index] ?? {};
        const { provider_request_json: asked, provider_response_json: answer } = event;
        expect(Boolean(asked)).toBe(prompts === true);
        expect(Boolean(answer)).toBe(answers === true);
        if (prompts) expect(String(asked)).toContain('hi');
        if (answers) expect(String(answer)).toContain('provider');
        expect(Array.isArray(answer)).toBe(answers === true && stream);
        expect(JSON.stringify(event)).not.toMatch(/authorization|api-key|the-right-key|signature=|xproxy-/i);
      }
    },
  );

  it('keeps what it could not report in the journal, for the next process', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'payi-down-'));
    closing.push(() => rmSync(directory, { recursive: true }));
    // Nobody listens there, nor will another test meanwhile.
    const gone = 'http://127.0.0.1:2';
    const journaled = () => ({ minRetryMs: 1, maxRetryMs: 50, journal: openJournal(directory) });
    const line = await open(name, gone, { onUnavailable: 'direct', delivery: journaled() });
    for (const stream of [false, true]) await line.call({ stream, userId: `u-${stream}` });
    expect(await line.payi.close({ timeoutMs: 100 })).toBe(false);

    const again = closeLater(await startPayi({ apiKey }));
    const later = createPayi({ apiKey, baseUrl: again.url, onUnavailable: 'direct', delivery: journaled() });
    expect(await later.flush({ timeoutMs: 60_000 })).toBe(true);
    await later.close();
    expect(again.ledger).toMatchObject([
      { operation: 'ingest', annotations: { userId: 'u-false' }, outcome: 'ok' },
      { operation: 'ingest', annotations: { userId: 'u-true' }, outcome: 'ok' },
    ]);
    for (const { units } of again.ledger) expect(units.text?.output).toBeGreaterThan(0);
  });

  it('skips Pay-i after three failures in a row, and tries it again with one call', async () => {
    let connections = 0;
    const baseUrl = await startSocket((socket) => {
      connections += 1;
      socket.once('data', () =>
        socket.end(
          'HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\ncontent-length: 0\r\nconnection: close\r\n\r\n',
        ),
      );
    });
    const line = await open(name, baseUrl, { onUnavailable: 'direct' });
    const calls = async (count: number): Promise<number> => {
      for (let index = 0; index < count; index += 1) expect(await line.call()).toBe('from the provider');
      return connections;
    };
    expect(await calls(5)).toBe(3);
    advanceClock(30_000);
    expect(await calls(3)).toBe(4);
    expect(line.arrived()).toHaveLength(8);
    expect(
      line
        .arrived()
        .flatMap((sent) => Object.keys(sent))
        .filter((header) => header.startsWith('xproxy-')),
    ).toEqual([]);
    await expect.poll(() => line.events.length).toBe(8);
  });

  // The oldest AWS SDK has no more than 50 calls in flight.
  const hasRoom = sdkAge !== 'oldest' || !name.startsWith('Bedrock');
  it.runIf(hasRoom)(
    'answers every call once or fails it knowably when Pay-i stops in the middle of 200, and reports each',
    async () => {
      const first = await startPayi({ apiKey });
      const received: Receipt[] = [];
      const line = await open(
        name,
        first.url,
        {
          onUnavailable: 'direct',
          onReceipt: (receipt) => received.push(receipt),
          delivery: { intervalMs: 1, minRetryMs: 1, maxRetryMs: 50 },
        },
        2,
      );
      let release = (): void => {};
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      pace = (index) => (index > 70 ? released : undefined);
      let answered = 0;
      const errors: unknown[] = [];
      const calls = Array.from({ length: 200 }, async (_, index) => {
        try {
          expect(await line.call({ userId: `u-${index}` })).toBe('from the provider');
          answered += 1;
        } catch (error) {
          errors.push(error);
        }
      });
      await expect.poll(() => [line.arrived().length, answered], { timeout: 60_000 }).toEqual([200, 70]);
      await first.close();
      release();
      await Promise.all(calls);
      expect(answered + errors.length).toBe(200);
      expect(errors.filter((error) => !isPayiUnavailable(error))).toEqual([]);
      // Google's SDK does not retry after a lost connection.
      if (name !== 'Google') expect(answered).toBeGreaterThan(70);

      const again = closeLater(await startPayi({ apiKey, port: first.port }));
      expect(await line.payi.flush({ timeoutMs: 60_000 })).toBe(true);
      const users = again.ledger.map(({ annotations }) => annotations.userId);
      expect(new Set(users).size).toBe(users.length);
      expect(users).toHaveLength(answered - 70);
      expect(received).toHaveLength(200);
      const warned = received.filter(({ warnings }) =>
        warnings.some((text) => text.includes('limits were not enforced')),
      );
      expect(warned.map(({ annotations }) => annotations.userId).sort()).toEqual(users.sort());
    },
  );
});

describe('a connection to Pay-i that is not answered', () => {
  // The oldest AWS SDK opens it itself: its default handler speaks HTTP/1.1.
  it.runIf(sdkAge !== 'oldest')(
    'is given up after 5 s where the adapter opens it, and the call goes to the provider',
    async () => {
      const baseUrl = (await startSocket(() => {})).replace('http:', 'https:');
      const line = await open('Bedrock, default handler', baseUrl, { onUnavailable: 'direct' });
      const held = holdTimers(5000);
      const call = line.call();
      await expect.poll(() => held.count).toBe(1);
      held.pass();
      expect(await call).toBe('from the provider');
      expect(line.arrived()).toHaveLength(1);
    },
  );
});
