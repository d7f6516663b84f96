import {
  BedrockRuntimeClient,
  type BedrockRuntimeClientConfig,
  BedrockRuntimeServiceException,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collect } from '../../test/collect.ts';
import { errorOf } from '../../test/error-of.ts';
import { eventually } from '../../test/eventually.ts';
import { type RunningBedrock, startBedrock } from '../start-bedrock.ts';
import { type RunningPayi, type StartPayiOptions, startPayi } from './start-payi.ts';

const sonnet = 'anthropic.claude-3-sonnet-20240229-v1:0';
const arn = `arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.${sonnet}`;
const awsHost = 'bedrock-runtime.us-east-1.amazonaws.com';
const usage = { inputTokens: 1000, outputTokens: 100 };
const messages = [{ role: 'user' as const, content: [{ text: 'Hello' }] }];
const body = JSON.stringify({ anthropic_version: 'bedrock-2023-05-31', max_tokens: 9, messages: [] });

let bedrock: RunningBedrock;
let payi: RunningPayi;
const clients: BedrockRuntimeClient[] = [];

beforeEach(async () => {
  bedrock = await startBedrock({ expectedHosts: [awsHost] });
  payi = await startPayi({ upstream: { [awsHost]: bedrock.url } });
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await payi.close();
  await bedrock.close();
});

/** A client for AWS itself whose requests are sent to Pay-i after they were signed. */
function connect(
  annotations: Record<string, string> = {},
  config: BedrockRuntimeClientConfig = { requestHandler: new NodeHttpHandler() },
): BedrockRuntimeClient {
  const { region, credentials } = bedrock;
  const client = new BedrockRuntimeClient({ region, credentials, ...config });
  clients.push(client);
  // The signature covers `host`, over HTTP/2 too, because the proxy speaks HTTP/1.1 to the provider.
  client.middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as SignedRequest;
      const host = headers[':authority'] ?? headers.host ?? '';
      delete headers[':authority'];
      headers.host = host;
      return next(args);
    },
    { name: 'signHost', step: 'build', priority: 'low' },
  );
  client.middlewareStack.add(
    (next) => (args) => {
      const signed = args.request as SignedRequest;
      const proxy = new URL(payi.url);
      // A copy with the same prototype: handlers recognise it as a request, and retries find the original unchanged.
      const request: SignedRequest = Object.assign(Object.create(Object.getPrototypeOf(signed)), signed, {
        protocol: proxy.protocol,
        hostname: proxy.hostname,
        port: Number(proxy.port),
        path: `/api/v1/proxy/aws.bedrock${signed.path}`,
        headers: {
          ...signed.headers,
          'xProxy-Api-Key': payi.apiKey,
          'xProxy-Provider-BaseUri': `https://${signed.headers.host}`,
          ...annotations,
        },
      });
      delete request.headers.host;
      return next({ ...args, request });
    },
    { name: 'redirect', step: 'finalizeRequest', priority: 'low' },
  );
  return client;
}

interface SignedRequest {
  path: string;
  headers: Record<string, string>;
}

async function restart(options: StartPayiOptions): Promise<void> {
  await payi.close();
  payi = await startPayi({ upstream: { [awsHost]: bedrock.url }, ...options });
}

const operations = {
  InvokeModel: (client: BedrockRuntimeClient, modelId: string): Promise<unknown> =>
    client.send(new InvokeModelCommand({ modelId, body })),
  InvokeModelWithResponseStream: async (client: BedrockRuntimeClient, modelId: string): Promise<unknown> =>
    collect((await client.send(new InvokeModelWithResponseStreamCommand({ modelId, body }))).body),
  Converse: (client: BedrockRuntimeClient, modelId: string): Promise<unknown> =>
    client.send(new ConverseCommand({ modelId, messages })),
  ConverseStream: async (client: BedrockRuntimeClient, modelId: string): Promise<unknown> =>
    collect((await client.send(new ConverseStreamCommand({ modelId, messages }))).stream),
};

const transports: Record<string, () => BedrockRuntimeClientConfig> = {
  'HTTP/1.1': () => ({ requestHandler: new NodeHttpHandler() }),
  'HTTP/2': () => ({}),
};

describe('startPayi() under the AWS SDK', () => {
  describe.each(Object.keys(transports))('over %s', (transport) => {
    describe.each(Object.entries(operations))('%s', (operation, run) => {
      it.each([sonnet, arn])('reaches %s with its signature intact and is charged', async (modelId) => {
        bedrock.answerNext({ usage });
        await run(connect({ 'xProxy-User-ID': 'u' }, transports[transport]?.()), modelId);

        expect(bedrock.requests).toMatchObject([
          {
            signature: { valid: true },
            operation,
            modelId,
            httpVersion: '1.1',
            headers: { host: awsHost },
          },
        ]);
        expect(Object.keys(bedrock.requests[0]?.headers ?? {}).join()).not.toMatch(/xproxy/i);
        expect(payi.requests[0]?.httpVersion).toBe(transport === 'HTTP/2' ? '2.0' : '1.1');
        expect(payi.ledger).toMatchObject([
          {
            operation,
            resource: modelId,
            annotations: { userId: 'u' },
            units: { text: { input: 1000, output: 100 } },
            cost: { total: { base: 0.0045 } },
            outcome: 'ok',
          },
        ]);
      });
    });
  });

  it('shows the result in the body of InvokeModel', async () => {
    bedrock.answerNext({ usage });
    const answer = await connect().send(new InvokeModelCommand({ modelId: sonnet, body }));
    expect(JSON.parse(answer.body.transformToString())).toMatchObject({
      usage: { input_tokens: 1000 },
      xproxy_result: { request_id: payi.ledger[0]?.requestId, cost: { total: { base: 0.0045 } } },
    });
  });

  it('shows the result in the last chunk of InvokeModelWithResponseStream', async () => {
    bedrock.answerNext({ usage, chunks: ['Hel', 'lo'] });
    const answer = await connect().send(new InvokeModelWithResponseStreamCommand({ modelId: sonnet, body }));
    const events = (await collect(answer.body)).map(({ chunk }) =>
      JSON.parse(Buffer.from(chunk?.bytes ?? []).toString()),
    );
    expect(events.filter((event) => 'xproxy_result' in event)).toEqual([events.at(-1)]);
    expect(events.at(-1).xproxy_result.request_id).toBe(payi.ledger[0]?.requestId);
    const text = events.map((event) => event.delta?.text ?? '').join('');
    expect(text).toBe('Hello');
  });

  it('leaves Converse and ConverseStream as the SDK knows them', async () => {
    bedrock.answerNext({ usage, text: 'Hello' }, { usage, text: 'Hello' });
    const client = connect();
    const answer = await client.send(new ConverseCommand({ modelId: sonnet, messages }));
    expect(answer.output?.message?.content).toEqual([{ text: 'Hello' }]);
    expect(answer.usage).toMatchObject(usage);
    const { stream } = await client.send(new ConverseStreamCommand({ modelId: sonnet, messages }));
    const events = await collect(stream);
    expect(events.map((event) => event.contentBlockDelta?.delta?.text ?? '').join('')).toBe('Hello');
    expect(events.at(-1)?.metadata?.usage).toMatchObject(usage);
  });

  it('lets an event through before the next is written', async () => {
    bedrock.answerNext({ usage, chunks: ['a', 'b'], faults: { stallAfterEvents: 1 } });
    const { stream } = await connect().send(new ConverseStreamCommand({ modelId: sonnet, messages }));
    for await (const event of stream ?? []) {
      expect(event).toHaveProperty('messageStart');
      break;
    }
    expect(bedrock.requests[0]?.eventsWritten).toBe(1);
  });

  it('hands on the errors of the provider, and charges the retry that works', async () => {
    bedrock.answerNext({ error: { type: 'ThrottlingException' } }, { usage });
    await connect().send(new ConverseCommand({ modelId: sonnet, messages }));
    expect(bedrock.requests.map(({ signature }) => signature.valid)).toEqual([true, true]);
    expect(payi.ledger).toMatchObject([
      { outcome: 'failed', providerStatus: 429 },
      { outcome: 'ok', providerStatus: 200 },
    ]);

    bedrock.answerNext({ error: { type: 'ValidationException', message: 'too long' } });
    expect(await errorOf(connect().send(new ConverseCommand({ modelId: sonnet, messages })))).toMatchObject({
      name: 'ValidationException',
      message: 'too long',
      xproxy_result: { request_id: payi.ledger[2]?.requestId },
    });
  });

  it('is found out when a signed header does not arrive', async () => {
    const client = connect();
    client.middlewareStack.add(
      (next) => (args) => {
        (args.request as SignedRequest).headers['xProxy-UseCase-Name'] = 'signed';
        return next(args);
      },
      { name: 'signTooMuch', step: 'build' },
    );
    const error = await errorOf(client.send(new ConverseCommand({ modelId: sonnet, messages })));
    expect(error).toMatchObject({ $metadata: { httpStatusCode: 403 } });
  });

  describe.each([
    { blockedStatus: 400, blockedCode: 'limit_reached' },
    { blockedStatus: 424, blockedCode: 'not_enough_budget' },
  ] as const)('a call blocked with $blockedStatus $blockedCode', (options) => {
    it.each(Object.entries(operations))('makes %s throw what Pay-i said', async (_operation, run) => {
      await restart({ ...options, limits: [{ id: 'aws_budget', max: 0.001, type: 'block' }] });
      bedrock.answerNext({ usage });
      const client = connect({ 'xProxy-Limit-IDs': 'aws_budget' });
      await run(client, sonnet);
      const error = await errorOf(run(client, sonnet));
      expect(error).toBeInstanceOf(BedrockRuntimeServiceException);
      expect(error).toMatchObject({
        name: 'Unknown',
        message: 'The limit aws_budget is insufficient for the operation.',
        $metadata: { httpStatusCode: options.blockedStatus, attempts: 1 },
        statusCode: options.blockedStatus,
        xproxy_error: { code: options.blockedCode },
        xproxy_result: { blocked_limit_ids: ['aws_budget'], limits: { aws_budget: { state: 'blocked' } } },
      });
      expect(bedrock.requests).toHaveLength(1);
      expect(payi.ledger.map(({ outcome, limits }) => [outcome, limits])).toEqual([
        ['ok', { aws_budget: { state: 'overrun' } }],
        ['blocked', { aws_budget: { state: 'blocked' } }],
      ]);
    });
  });

  it.each(Object.keys(transports))(
    'ends the provider request when a call is aborted over %s',
    async (transport) => {
      bedrock.answerNext({ delayMs: 60_000 });
      const controller = new AbortController();
      const call = connect({}, transports[transport]?.()).send(
        new ConverseCommand({ modelId: sonnet, messages }),
        { abortSignal: controller.signal },
      );
      const error = errorOf(call);
      await eventually(() => expect(bedrock.requests).toHaveLength(1));
      controller.abort();
      expect(await error).toMatchObject({ name: 'AbortError' });
      await eventually(() => expect(bedrock.requests[0]?.answered).toBe('aborted'));
      await eventually(() => expect(payi.ledger).toMatchObject([{ outcome: 'aborted' }]));
    },
  );

  it.each(Object.keys(transports))(
    'ends the provider stream when the client is destroyed over %s',
    async (transport) => {
      bedrock.answerNext({ chunks: ['a', 'b', 'c'], faults: { stallAfterEvents: 3 } });
      const client = connect({}, transports[transport]?.());
      const { stream } = await client.send(new ConverseStreamCommand({ modelId: sonnet, messages }));
      const iterator = (stream as AsyncIterable<unknown>)[Symbol.asyncIterator]();
      await iterator.next();
      const rest = iterator
        .next()
        .then(() => iterator.next())
        .then(() => iterator.next());
      rest.catch(() => {});
      await eventually(() => expect(bedrock.requests[0]?.eventsWritten).toBe(3));
      client.destroy();
      if (transport === 'HTTP/2') await payi.close(); // Destroying a client does not end an HTTP/2 stream.
      await eventually(() => expect(bedrock.requests[0]?.answered).toBe('aborted'));
      await eventually(() =>
        expect(payi.ledger).toMatchObject([{ outcome: 'aborted', providerStatus: 200 }]),
      );
    },
  );

  it('keeps 200 concurrent calls apart', async () => {
    const client = connect();
    client.middlewareStack.add(
      (next) => (args) => {
        const request = args.request as SignedRequest;
        request.headers['xProxy-User-ID'] = (
          args.input as { requestMetadata: { user: string } }
        ).requestMetadata.user;
        return next(args);
      },
      { name: 'annotate', step: 'finalizeRequest', priority: 'low' },
    );
    await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        client.send(
          new ConverseCommand({ modelId: sonnet, messages, requestMetadata: { user: `user_${index}` } }),
        ),
      ),
    );
    expect(payi.totals('userId')).toHaveLength(200);
    expect(payi.totals('userId').every(({ calls }) => calls === 1)).toBe(true);
    expect(bedrock.requests.every(({ signature }) => signature.valid)).toBe(true);
  });

  it('serves a client over TLS', async () => {
    await restart({ tls: true });
    const { Agent } = await import('node:https');
    const requestHandler = new NodeHttpHandler({ httpsAgent: new Agent({ ca: payi.certificate as string }) });
    await connect({}, { requestHandler }).send(new ConverseCommand({ modelId: sonnet, messages }));
    expect(payi.url).toMatch(/^https:/);
    expect(bedrock.requests[0]?.signature.valid).toBe(true);
  });
});
