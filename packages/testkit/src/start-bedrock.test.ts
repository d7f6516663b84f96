import * as https from 'node:https';
import * as net from 'node:net';
import {
  BedrockRuntimeClient,
  type BedrockRuntimeClientConfig,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { FetchHttpHandler } from '@smithy/fetch-http-handler';
import { NodeHttp2Handler, NodeHttpHandler } from '@smithy/node-http-handler';
import { afterEach, describe, expect, it } from 'vitest';
import { randomNumbers } from '../../../internal/testing/random-numbers.ts';
import { testSeed } from '../../../internal/testing/test-seed.ts';
import { eventually } from '../test/eventually.ts';
import { type RunningBedrock, type StartBedrockOptions, startBedrock } from './start-bedrock.ts';

let bedrock: RunningBedrock;
const clients: BedrockRuntimeClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await bedrock.close();
});

async function start(options?: StartBedrockOptions): Promise<void> {
  bedrock = await startBedrock(options);
}

function connect(config: Partial<BedrockRuntimeClientConfig> = {}): BedrockRuntimeClient {
  const client = new BedrockRuntimeClient({ ...bedrock.clientConfig, maxAttempts: 1, ...config });
  clients.push(client);
  return client;
}

const modelId = 'anthropic.claude-3-haiku-20240307-v1:0';
const messages = [{ role: 'user' as const, content: [{ text: 'ping' }] }];
const converse = new ConverseCommand({ modelId, messages });
const converseStream = new ConverseStreamCommand({ modelId, messages });

async function readText(client: BedrockRuntimeClient): Promise<string> {
  let text = '';
  for await (const event of (await client.send(converseStream)).stream ?? []) {
    text += event.contentBlockDelta?.delta?.text ?? '';
  }
  return text;
}

function post(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${bedrock.bearerToken}` };
  return fetch(`${bedrock.url}${path}`, { method: 'POST', headers, body: '{}', ...init });
}

describe('startBedrock()', () => {
  it.each<[string, () => Partial<BedrockRuntimeClientConfig>, string]>([
    ['its default HTTP/2 handler', () => ({}), '2.0'],
    ['NodeHttpHandler', () => ({ requestHandler: new NodeHttpHandler() }), '1.1'],
    ['FetchHttpHandler', () => ({ requestHandler: new FetchHttpHandler() }), '1.1'],
  ])('serves the real client with %s on one plain port', async (_name, handler, httpVersion) => {
    await start();
    const client = connect(handler());
    const { output } = await client.send(converse);
    expect(output?.message?.content).toEqual([{ text: 'This is a local answer to: ping' }]);
    expect(await readText(client)).toBe('This is a local answer to: ping');
    expect(bedrock.requests).toMatchObject([
      { httpVersion, operation: 'Converse', signature: { valid: true } },
      { httpVersion, operation: 'ConverseStream', signature: { valid: true } },
    ]);
  });

  it('serves HTTP/1.1 and HTTP/2 over TLS', async () => {
    await start({ tls: true });
    const ca = bedrock.certificate as string;
    const overHttp1 = connect({
      requestHandler: new NodeHttpHandler({ httpsAgent: new https.Agent({ ca }) }),
    });
    await overHttp1.send(converse);
    const overHttp2 = connect({
      requestHandler: new NodeHttp2Handler({ nodeHttp2ConnectOptions: { ca } }),
    });
    await overHttp2.send(converse);
    expect(bedrock.requests.map(({ httpVersion, signature }) => [httpVersion, signature.valid])).toEqual([
      ['1.1', true],
      ['2.0', true],
    ]);
  });

  it('speaks one protocol only when told to', async () => {
    await start({ protocol: 'http/1.1' });
    await expect(connect().send(converse)).rejects.toThrow();
    await connect({ requestHandler: new NodeHttpHandler() }).send(converse);
    await bedrock.close();

    await start({ protocol: 'h2' });
    await expect(connect({ requestHandler: new NodeHttpHandler() }).send(converse)).rejects.toThrow();
    await connect().send(converse);
  });

  it('takes the port, region, credentials and token it is given', async () => {
    await start();
    const { port } = bedrock;
    await bedrock.close();
    const credentials = { accessKeyId: 'AKIAMINE', secretAccessKey: 'mine' };
    await start({ port, region: 'eu-central-1', credentials, bearerToken: 'mine too' });
    expect(bedrock).toMatchObject({ port, region: 'eu-central-1', credentials, bearerToken: 'mine too' });
    expect(bedrock.clientConfig).toEqual({ region: 'eu-central-1', endpoint: bedrock.url, credentials });
    await connect().send(converse);
  });

  it('makes a key and a token of its own for each server', async () => {
    await start();
    const { credentials, bearerToken } = bedrock;
    await bedrock[Symbol.asyncDispose]();
    await start();
    expect(bedrock.credentials.secretAccessKey).not.toBe(credentials.secretAccessKey);
    expect(bedrock.bearerToken).not.toBe(bearerToken);
  });

  it('records every request exactly as received', async () => {
    await start();
    const arn = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3';
    const body = '{"prompt":"\u00e9"}';
    const client = connect({ requestHandler: new NodeHttpHandler() });
    const before = Date.now();
    const output = await client.send(new InvokeModelCommand({ modelId: arn, body }));
    const [request] = bedrock.requests;
    expect(request).toMatchObject({
      method: 'POST',
      path: '/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aapplication-inference-profile%2Fa1b2c3/invoke',
      query: '',
      httpVersion: '1.1',
      operation: 'InvokeModel',
      modelId: arn,
      requestId: output.$metadata.requestId,
      status: 200,
      answered: 'complete',
      eventsWritten: 0,
    });
    expect(Buffer.from(request?.body ?? []).toString()).toBe(body);
    expect(request?.headers.host).toBe(`127.0.0.1:${bedrock.port}`);
    expect(request?.rawHeaders).toContainEqual(['content-length', String(Buffer.byteLength(body))]);
    expect(request?.receivedAt.getTime()).toBeGreaterThanOrEqual(before);

    await post('/model/m/converse?a=b%20c', {
      headers: [
        ['X-Twice', 'one'],
        ['X-Twice', 'two'],
      ],
    });
    expect(bedrock.requests[1]).toMatchObject({
      path: '/model/m/converse',
      query: 'a=b%20c',
      headers: { 'x-twice': 'one, two' },
      signature: { scheme: 'none', valid: false },
      status: 403,
    });
  });

  it('records a request whose caller left while sending it', async () => {
    await start();
    const socket = net.connect(bedrock.port, '127.0.0.1');
    const half = 'POST /model/m/converse HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nhalf';
    await new Promise((resolve) => socket.write(half, resolve));
    setTimeout(() => socket.destroy(), 20);
    await eventually(() => expect(bedrock.requests).toMatchObject([{ answered: 'aborted' }]));
    expect(Buffer.from(bedrock.requests[0]?.body ?? []).toString()).toBe('half');
  });

  it('asks the answer function for calls that no answer was queued for', async () => {
    const calls: unknown[] = [];
    await start({
      answer: async ({ operation, modelId, json, request }) => {
        calls.push([operation, modelId, json, request === bedrock.requests.at(-1)]);
        return json?.inferenceConfig ? { text: 'from the function' } : undefined;
      },
    });
    const client = connect();
    bedrock.answerNext({ text: 'first' }, { text: 'second' });
    const texts: unknown[] = [];
    for (const command of [converse, converse, converse]) {
      texts.push((await client.send(command)).output?.message?.content?.[0]?.text);
    }
    const tuned = new ConverseCommand({ modelId, messages, inferenceConfig: { maxTokens: 5 } });
    texts.push((await client.send(tuned)).output?.message?.content?.[0]?.text);
    expect(texts).toEqual(['first', 'second', 'This is a local answer to: ping', 'from the function']);
    expect(calls).toEqual([
      ['Converse', modelId, { messages }, true],
      ['Converse', modelId, { messages, inferenceConfig: { maxTokens: 5 } }, true],
    ]);
  });

  it('spends no queued answer on a request it refuses', async () => {
    await start();
    bedrock.answerNext({ text: 'kept' });
    await expect(connect({ region: 'eu-west-1' }).send(converse)).rejects.toThrow();
    expect(await readText(connect())).toBe('kept');
  });

  it('answers InternalServerException when a script fails', async () => {
    await start({
      answer: () => {
        throw new Error('no idea');
      },
    });
    await expect(connect().send(converse)).rejects.toMatchObject({
      name: 'InternalServerException',
      message: expect.stringContaining('no idea'),
    });
    bedrock.answerNext({ headers: { broken: 'line\nbreak' } });
    const response = await post('/model/m/converse');
    expect(response.status).toBe(500);
    expect(bedrock.requests[1]?.answered).toBe('aborted');
  });

  it('knows no other paths and no other methods', async () => {
    await start();
    for (const path of [
      '/',
      '/model/m',
      '/model/m/invoke/',
      '/model//invoke',
      '/model/arn:aws:bedrock:us-east-1:1:inference-profile/m/invoke',
      '/model/m/invoke-with-bidirectional-stream',
      '/model/m/constructor',
      '/async-invoke',
    ]) {
      const response = await post(path);
      expect([path, response.status]).toEqual([path, 404]);
      expect(response.headers.get('x-amzn-errortype')).toMatch(/^UnknownOperationException/);
    }
    const response = await fetch(`${bedrock.url}/model/m/invoke`);
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST');
    expect(bedrock.requests).toHaveLength(9);
  });

  it('keeps many calls at once apart', async () => {
    const random = randomNumbers(testSeed());
    await start({ answer: ({ json }) => ({ text: JSON.stringify(json), delayMs: random() * 20 }) });
    const client = connect();
    const texts = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const content = [{ text: `call ${index}` }];
        const output = await client.send(
          new ConverseCommand({ modelId, messages: [{ role: 'user', content }] }),
        );
        return output.output?.message?.content?.[0]?.text;
      }),
    );
    expect(texts).toEqual(
      Array.from({ length: 100 }, (_, index) =>
        JSON.stringify({ messages: [{ role: 'user', content: [{ text: `call ${index}` }] }] }),
      ),
    );
  });
});
