import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import {
  ApplyGuardrailCommand,
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
  InvokeModelWithBidirectionalStreamCommand,
  InvokeModelWithResponseStreamCommand,
  StartAsyncInvokeCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { createPayi, type Receipt, whenSettled } from '@payi/core';
import { type BedrockAnswer, type RunningBedrock, startBedrock } from '@payi/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type BedrockOperation, registerBedrockClientCallbacks } from '../src/index.ts';

let bedrock: RunningBedrock;
const clients: BedrockRuntimeClient[] = [];
beforeAll(async () => {
  bedrock = await startBedrock();
});
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
});
afterAll(() => bedrock.close());

const operations = [
  'InvokeModel',
  'InvokeModelWithResponseStream',
  'Converse',
  'ConverseStream',
  'ApplyGuardrail',
  'StartAsyncInvoke',
] as const satisfies BedrockOperation[];

interface Event {
  readonly resource: string;
  readonly properties?: Readonly<Record<string, string>>;
  readonly units: Receipt['units'];
}

/** A registered client, and the events that Pay-i would get. */
function connect(
  config: ConstructorParameters<typeof BedrockRuntimeClient>[0] = bedrock.clientConfig,
  names: readonly BedrockOperation[] = operations,
): { client: BedrockRuntimeClient; events(): Promise<Event[]> } {
  const delivered: string[] = [];
  const client = new BedrockRuntimeClient(config);
  clients.push(client);
  const payi = createPayi({
    route: 'direct',
    apiKey: 'key',
    delivery: { offline: (events) => void delivered.push(...events) },
  });
  registerBedrockClientCallbacks(client, names, { payi });
  return {
    client,
    async events() {
      await payi.flush();
      return delivered.map((event) => JSON.parse(event) as Event);
    },
  };
}

const messages = [{ role: 'user' as const, content: [{ text: 'hi' }] }];
const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 };
const output = { message: { role: 'assistant', content: [{ text: 'x' }] } };
const nova = 'amazon.nova-2-lite-v1:0';
const claude = 'us.anthropic.claude-sonnet-4-6';

async function converse(
  members: object,
  input: Omit<ConstructorParameters<typeof ConverseCommand>[0], 'modelId' | 'messages'> = {},
  modelId = nova,
): Promise<{ receipt: Receipt; event: Event | undefined }> {
  const { client, events } = connect();
  bedrock.answerNext({ json: { output, stopReason: 'end_turn', usage, ...members } });
  const response = await client.send(new ConverseCommand({ modelId, messages, ...input }));
  return { receipt: await whenSettled(response), event: (await events())[0] };
}

async function converseStream(
  metadata: object,
  input: object = {},
): Promise<{ receipt: Receipt; event: Event | undefined }> {
  const { client, events } = connect();
  bedrock.answerNext({
    events: [
      { event: 'messageStart', payload: { role: 'assistant' } },
      { event: 'messageStop', payload: { stopReason: 'end_turn' } },
      { event: 'metadata', payload: { usage, metrics: { latencyMs: 3 }, ...metadata } },
    ],
  });
  const response = await client.send(new ConverseStreamCommand({ modelId: nova, messages, ...input }));
  for await (const _ of response.stream ?? []);
  return { receipt: await whenSettled(response), event: (await events())[0] };
}

async function invoke(
  answer: BedrockAnswer,
  request: Partial<ConstructorParameters<typeof InvokeModelCommand>[0]> = {},
): Promise<Receipt> {
  const { client } = connect();
  bedrock.answerNext(answer);
  return whenSettled(await client.send(new InvokeModelCommand({ modelId: claude, body: '{}', ...request })));
}

async function stream(chunks: readonly object[], input: object = {}, headers = {}): Promise<Receipt> {
  const { client } = connect();
  bedrock.answerNext({ events: chunks.map((chunk) => ({ chunk })), headers });
  const response = await client.send(
    new InvokeModelWithResponseStreamCommand({ modelId: claude, body: '{}', ...input }),
  );
  for await (const _ of response.body ?? []);
  return whenSettled(response);
}

describe('the model that answered', () => {
  const modelId = 'arn:aws:bedrock:us-east-1:123456789012:default-prompt-router/anthropic.claude:1';
  const invokedModelId = 'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-x';
  const trace = { promptRouter: { invokedModelId } };

  it.each([
    ['Converse', () => converse({ trace }, {}, modelId)],
    ['ConverseStream', () => converseStream({ trace }, { modelId })],
  ])('of %s is the one that a prompt router chose, and is priced', async (_, call) => {
    const { receipt, event } = await call();
    expect(receipt).toMatchObject({ resource: modelId, model: invokedModelId, routedTo: invokedModelId });
    expect(event?.resource).toBe(invokedModelId);
  });
});

describe('service tier and latency', () => {
  it.each([
    ['Converse', () => converse({ serviceTier: { type: 'flex' } }), 'flex'],
    ['ConverseStream', () => converseStream({ serviceTier: { type: 'priority' } }), 'priority'],
    ['a request, where the answer is silent', () => converse({}, { serviceTier: { type: 'flex' } }), 'flex'],
    [
      'the answer, where the request asked for another',
      () => converse({ serviceTier: { type: 'default' } }, { serviceTier: { type: 'flex' } }),
      'default',
    ],
  ] as const)('are those of %s', async (_, call, tier) => {
    const { receipt, event } = await call();
    expect(receipt.serviceTier).toBe(tier);
    expect(event?.properties).toMatchObject({ 'system.service_tier': tier });
  });

  it('of Converse may be optimized', async () => {
    const { event } = await converse({ performanceConfig: { latency: 'optimized' } });
    expect(event?.properties).toMatchObject({ 'system.speed': 'optimized' });
  });

  const headers = {
    'x-amzn-bedrock-service-tier': 'priority',
    'x-amzn-bedrock-performanceconfig-latency': 'optimized',
  };
  const served = { serviceTier: 'priority', properties: { 'system.speed': 'optimized' } };
  const own = { input_tokens: 5, output_tokens: 9, service_tier: 'standard' };

  it('of InvokeModel are in headers, whatever tier Claude names', async () => {
    expect(await invoke({ json: { type: 'message', usage: own }, headers })).toMatchObject(served);
  });

  it('of a stream of InvokeModel are in headers, whatever tier Claude names', async () => {
    const chunks = [{ type: 'message_start', message: { usage: own } }, { type: 'message_stop' }];
    expect(await stream(chunks, {}, headers)).toMatchObject(served);
  });
});

describe.each([
  ['Converse', converse],
  ['ConverseStream', converseStream],
])('the total of %s', (_, call) => {
  it('is compared with the counts', async () => {
    const { receipt } = await call({ usage: { ...usage, totalTokens: 25 } });
    expect(receipt.warnings).toEqual(['the answer states 25 tokens in total, and its counts add up to 15']);
  });
});

describe('InvokeModel with counts in its headers', () => {
  const counts = { inputTokens: 12, outputTokens: 3 };

  it('still says why the model stopped, and which tools it called', async () => {
    const json = {
      type: 'message',
      model: 'claude-sonnet-4-6',
      content: [{ type: 'tool_use', id: 't1', name: 'get_weather', input: { city: 'Rome' } }],
      stop_reason: 'tool_use',
      usage: { input_tokens: 12, output_tokens: 3, output_tokens_details: { thinking_tokens: 2 } },
    };
    expect(await invoke({ json, usage: counts })).toMatchObject({
      model: 'claude-sonnet-4-6',
      toolCalls: ['get_weather'],
      properties: { 'system.stop_reason': 'tool_use' },
      units: { text: { input: 12, output: 1 }, reasoning: { output: 2 } },
      warnings: [],
    });
  });

  it('is read around megabytes of content', async () => {
    const long = 'x'.repeat(3_000_000);
    const json = {
      content: [{ type: 'text', text: `"}]\\${long}` }],
      type: 'message',
      stop_reason: 'end_turn',
      usage: { input_tokens: 12, output_tokens: 3 },
    };
    expect(await invoke({ json, usage: counts })).toMatchObject({
      properties: { 'system.stop_reason': 'end_turn' },
      usageSource: 'body',
    });
  });
});

describe('a guardrail', () => {
  const guardrail = { guardrailIdentifier: 'gr-1', guardrailVersion: '2' };
  const uncounted = 'the answer does not count its guardrail units, which are billed';
  const assessment = { gr1: { invocationMetrics: { usage: { topicPolicyUnits: 2 } } } };

  it.each([
    ['Converse', () => converse({}, { guardrailConfig: guardrail })],
    ['ConverseStream', () => converseStream({}, { guardrailConfig: guardrail })],
  ])('of %s is named by the event, and a missing trace by a warning', async (_, call) => {
    const { receipt, event } = await call();
    expect(event?.properties).toMatchObject({
      'system.aws.bedrock.guardrail.id': 'gr-1',
      'system.aws.bedrock.guardrail.version': '2',
    });
    expect(receipt.warnings).toEqual([uncounted]);
  });

  it('with its trace has no warning', async () => {
    const trace = { guardrail: { inputAssessment: assessment } };
    const { receipt } = await converse({ trace }, { guardrailConfig: guardrail });
    expect(receipt).toMatchObject({ units: { guardrail_topic: { input: 2 } }, warnings: [] });
  });

  const message = { type: 'message', usage: { input_tokens: 2, output_tokens: 1 } };

  it('that the account enforces is read without an identifier in the request', async () => {
    const json = {
      ...message,
      'amazon-bedrock-guardrailAction': 'NONE',
      'amazon-bedrock-trace': { guardrail: { input: assessment } },
    };
    const counts = { inputTokens: 2, outputTokens: 1 };
    expect(await invoke({ json, usage: counts })).toMatchObject({
      units: { text: { input: 2, output: 1 }, guardrail_topic: { input: 2 } },
      warnings: [],
    });
  });

  it('that the account enforces, without its trace, is a warning', async () => {
    const receipt = await invoke({ json: { ...message, 'amazon-bedrock-guardrailAction': 'NONE' } });
    expect(receipt.warnings).toEqual([uncounted]);
  });

  it('that stops a stream in its first chunk leaves it complete', async () => {
    const chunk = {
      completion: 'Sorry.',
      'amazon-bedrock-guardrailAction': 'INTERVENED',
      'amazon-bedrock-trace': { guardrail: { input: assessment } },
    };
    expect(await stream([chunk], guardrail)).toMatchObject({
      outcome: 'complete',
      units: { guardrail_topic: { input: 2 } },
      properties: { 'system.failure': 'INTERVENED', 'system.aws.bedrock.guardrail.id': 'gr-1' },
      warnings: [],
    });
  });

  it('that is applied alone counts what it used, once', async () => {
    const { client, events } = connect();
    const units = { topicPolicyUnits: 1, contentPolicyUnits: 2, wordPolicyUnits: 0 };
    bedrock.answerNext({
      json: {
        usage: units,
        action: 'GUARDRAIL_INTERVENED',
        outputs: [{ text: 'Sorry.' }],
        assessments: [{ invocationMetrics: { usage: units } }],
      },
    });
    const command = { ...guardrail, source: 'INPUT' as const, content: [{ text: { text: 'x' } }] };
    const receipt = await whenSettled(await client.send(new ApplyGuardrailCommand(command)));
    expect(receipt).toMatchObject({
      resource: 'gr-1',
      outcome: 'complete',
      units: { guardrail_topic: { input: 1 }, guardrail_content: { input: 2 } },
      properties: { 'system.aws.bedrock.guardrail.action': 'GUARDRAIL_INTERVENED' },
      warnings: [],
    });
    expect(await events()).toMatchObject([{ units: receipt.units }]);
  });
});

describe('the metrics that close a stream', () => {
  const start = { type: 'message_start', message: { usage: { input_tokens: 5, output_tokens: 1 } } };
  const metrics = (outputTokenCount: number): object => ({
    'amazon-bedrock-invocationMetrics': { inputTokenCount: 5, outputTokenCount },
  });

  it('do not replace what the model counts, and a difference is a warning', async () => {
    const delta = {
      type: 'message_delta',
      delta: { stop_reason: 'tool_use' },
      usage: { output_tokens: 133 },
    };
    expect(await stream([start, delta, { type: 'message_stop', ...metrics(97) }])).toMatchObject({
      outcome: 'complete',
      units: { text: { input: 5, output: 133 } },
      warnings: ['sources disagree on text.output: stream 133, metrics 97'],
    });
  });

  it('count for a model that counts nothing itself', async () => {
    const chunk = { outputs: [{ text: 'Hello', stop_reason: 'stop' }], ...metrics(4) };
    expect(await stream([chunk], { modelId: 'mistral.mistral-7b-instruct-v0:2' })).toMatchObject({
      units: { text: { input: 5, output: 4 } },
      usageSource: 'stream',
      warnings: [],
    });
  });
});

describe('what is not billed by tokens', () => {
  const png = 'iVBORw0KGgo='.repeat(500);

  it.each([
    [
      'pictures of Stability AI',
      'stability.stable-image-ultra-v1:1',
      { seeds: [1], finish_reasons: [null], images: [png] },
      { prompt: 'a cat' },
      { units: { image: { output: 1 } } },
    ],
    [
      'pictures that Cohere embeds',
      'cohere.embed-english-v3',
      { id: 'e', response_type: 'embeddings_floats', embeddings: [[0.1]], texts: [], images: [{ width: 4 }] },
      { images: [png], input_type: 'image' },
      { units: { vision: { input: 1 } } },
    ],
  ])('counts %s', async (_, modelId, json, request, expected) => {
    expect(await invoke({ json }, { modelId, body: JSON.stringify(request) })).toMatchObject(expected);
  });

  it('does not take pictures in a prompt for pictures to embed', async () => {
    const json = { choices: [], usage: { prompt_tokens: 9, completion_tokens: 2 } };
    const body = JSON.stringify({ images: [png], messages: [] });
    expect((await invoke({ json }, { modelId: 'openai.gpt-oss-20b-1:0', body })).units).toEqual({
      text: { input: 9, output: 2 },
    });
  });

  it('records a video that is to be made, and that it is only submitted', async () => {
    const server = createServer((_, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ invocationArn: 'arn:aws:bedrock:us-east-1:1:async-invoke/a' }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { client, events } = connect({ ...bedrock.clientConfig, endpoint });
    const response = await client.send(
      new StartAsyncInvokeCommand({
        modelId: 'amazon.nova-reel-v1:1',
        modelInput: { videoGenerationConfig: { durationSeconds: 12, fps: 24, dimension: '1280x720' } },
        outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://bucket' } },
      }),
    );
    const receipt = await whenSettled(response);
    expect(receipt).toMatchObject({
      billable: { video_seconds: 12 },
      properties: { 'system.size': '1280x720' },
    });
    expect(receipt.warnings[0]).toContain('only submitted');
    expect((await events())[0]?.properties).toMatchObject({ 'system.billable.video_seconds': '12' });
    client.destroy();
    server.close();
  });
});

describe('InvokeModelWithBidirectionalStream', () => {
  const total = (speech: number, text: number): object => ({
    event: {
      usageEvent: {
        details: {
          delta: { input: { speechTokens: 1, textTokens: 1 }, output: { speechTokens: 1, textTokens: 1 } },
          total: {
            input: { speechTokens: speech, textTokens: text },
            output: { speechTokens: 2 * speech, textTokens: 2 * text },
          },
        },
      },
    },
  });

  /** The bytes of an event stream with these chunks. */
  async function framesOf(chunks: readonly object[]): Promise<Uint8Array> {
    const plain = await startBedrock({ verifySignatures: false });
    plain.answerNext({ events: chunks.map((chunk) => ({ chunk })) });
    const response = await fetch(`${plain.url}/model/m/invoke-with-response-stream`, {
      method: 'POST',
      body: '{}',
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    await plain.close();
    return bytes;
  }

  async function* speech(): AsyncGenerator<{ chunk: { bytes: Uint8Array } }> {
    yield { chunk: { bytes: Buffer.from('{"event":{"audioInput":{"content":"AAAA"}}}') } };
  }

  it.each(['direct', 'proxy'] as const)('counts speech and text both ways on route %s', async (route) => {
    const frames = await framesOf([
      { event: { textOutput: { content: 'hello' } } },
      total(100, 10),
      { event: { toolUse: { toolName: 'get_time' } } },
      { event: { audioOutput: { content: 'AAAA' } } },
      total(288, 34),
    ]);
    const received: string[] = [];
    const server = createServer();
    server.on('stream', (answer, headers) => {
      received.push(...Object.keys(headers));
      answer.respond({ ':status': 200, 'content-type': 'application/vnd.amazon.eventstream' });
      answer.on('data', () => {});
      answer.on('end', () => answer.end(frames));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = new BedrockRuntimeClient({ ...bedrock.clientConfig, endpoint });
    const payi = createPayi({ route, apiKey: 'k', delivery: { offline: () => {} } });
    registerBedrockClientCallbacks(client, 'InvokeModelWithBidirectionalStream', { payi });
    const response = await client.send(
      new InvokeModelWithBidirectionalStreamCommand({
        modelId: 'amazon.nova-2-sonic-v1:0',
        body: speech(),
        extraHeaders: { 'xProxy-User-ID': 'u-1' },
      }),
    );
    for await (const _ of response.body ?? []);
    expect(await whenSettled(response)).toMatchObject({
      outcome: 'complete',
      annotations: { userId: 'u-1' },
      units: { text: { input: 34, output: 68 }, audio: { input: 288, output: 576 } },
      toolCalls: ['get_time'],
      warnings: route === 'direct' ? [] : [expect.stringContaining('does not serve')],
    });
    expect(received.filter((name) => name.startsWith('xproxy'))).toEqual([]);
    client.destroy();
    server.close();
  });
});
