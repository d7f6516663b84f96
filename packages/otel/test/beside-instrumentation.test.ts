import { createRequire } from 'node:module';
import { context, diag, metrics, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { AwsInstrumentation } from '@opentelemetry/instrumentation-aws-sdk';
import { OpenAIInstrumentation } from '@opentelemetry/instrumentation-openai';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { registerBedrockClientCallbacks } from '@payi/bedrock';
import { createPayi, type Receipt } from '@payi/core';
import { withPayi } from '@payi/openai';
import { type RunningBedrock, type RunningOpenAI, startBedrock, startOpenAI } from '@payi/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type OtelOptions, otel } from '../src/index.ts';
import { makeCall, plainReceipt } from './calls.ts';
import { startSdk } from './sdks.ts';

// The order that the documentation gives: instrumentations first, then the SDKs of the providers.
const exporter = new InMemorySpanExporter();
const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
for (const instrumentation of [new AwsInstrumentation(), new OpenAIInstrumentation()]) {
  instrumentation.setTracerProvider(tracerProvider);
}
const require = createRequire(import.meta.url);
const aws: typeof import('@aws-sdk/client-bedrock-runtime') = require('@aws-sdk/client-bedrock-runtime');
const { OpenAI }: typeof import('openai-oldest') = require('openai-oldest');

const usage = { inputTokens: 12, outputTokens: 34, cacheReadInputTokens: 1000, cacheWriteInputTokens: 5 };
const modelId = 'anthropic.claude-3-7-sonnet-20250219-v1:0';
const messages = [{ role: 'user' as const, content: [{ text: 'Hello' }] }];
let bedrock: RunningBedrock;
let api: RunningOpenAI;

beforeAll(async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  bedrock = await startBedrock({ answer: () => ({ text: 'Hi', usage }) });
  api = await startOpenAI({ answer: () => ({ text: 'Hi', usage: { inputTokens: 12, outputTokens: 34 } }) });
});
afterAll(async () => {
  context.disable();
  metrics.disable();
  await Promise.all([bedrock.close(), api.close()]);
});
beforeEach(() => exporter.reset());

function connect(options: OtelOptions = {}) {
  const sdk = startSdk('newest');
  const receipts: Receipt[] = [];
  const payi = createPayi({
    route: 'headers',
    plugins: [otel({ tracer: tracerProvider.getTracer('@payi/otel'), meter: sdk.meter, ...options })],
    onReceipt: (receipt) => receipts.push(receipt),
  });
  const client = new aws.BedrockRuntimeClient({
    region: 'us-east-1',
    endpoint: bedrock.url,
    credentials: bedrock.credentials,
  });
  registerBedrockClientCallbacks(client, ['Converse', 'ConverseStream', 'InvokeModel'], { payi });
  const openai = withPayi(
    new OpenAI({
      apiKey: 'sk-test',
      baseURL: `${api.url}/v1`,
    }) as never,
    {
      payi,
    },
  ) as InstanceType<typeof OpenAI>;
  return { client, openai, sdk, receipts };
}
type Connected = ReturnType<typeof connect>;

const calls: Record<string, (connected: Connected) => Promise<unknown>> = {
  Converse: ({ client }) => client.send(new aws.ConverseCommand({ modelId, messages })),
  ConverseStream: async ({ client }) => {
    const { stream } = await client.send(new aws.ConverseStreamCommand({ modelId, messages }));
    for await (const _ of stream ?? []);
  },
  InvokeModel: ({ client }) =>
    client.send(
      new aws.InvokeModelCommand({
        modelId,
        body: JSON.stringify({ anthropic_version: 'bedrock-2023-05-31', max_tokens: 9, messages }),
      }),
    ),
  'chat/completions': ({ openai }) =>
    openai.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }] }),
};

describe.each(Object.entries(calls))("beside OpenTelemetry's instrumentation, %s", (_, call) => {
  it('has one span, which has our facts, and leaves the standard metrics to it', async () => {
    const connected = connect();
    await call(connected);
    await expect.poll(() => exporter.getFinishedSpans().length).toBe(1);
    const [span] = exporter.getFinishedSpans();
    expect(span?.instrumentationScope.name).toMatch(/^@opentelemetry\/instrumentation-/);
    expect(span?.attributes).toMatchObject({ 'payi.outcome': 'complete', 'payi.units.text.output': 34 });
    expect(connected.receipts).toHaveLength(1);
    const names = Object.keys(await connected.sdk.points());
    expect(names.sort()).toEqual(['payi.client.calls', 'payi.client.units']);
  });

  it('has a span of its own where that is asked for', async () => {
    await call(connect({ spans: 'own' }));
    await expect.poll(() => exporter.getFinishedSpans().length).toBe(2);
    const spans = exporter.getFinishedSpans();
    const ours = spans.find(({ instrumentationScope: { name } }) => name === '@payi/otel');
    const theirs = spans.find((span) => span !== ours);
    expect(ours?.parentSpanContext?.spanId).toBe(theirs?.spanContext().spanId);
    expect(theirs?.attributes).not.toHaveProperty('payi.outcome');
  });
});

it('says once that a span ended before its receipt, as on route direct', async () => {
  const warnings: string[] = [];
  const ignore = (): void => {};
  diag.setLogger({
    warn: (text) => warnings.push(text),
    error: ignore,
    info: ignore,
    debug: ignore,
    verbose: ignore,
  });
  const plugin = otel({ tracer: tracerProvider.getTracer('@payi/otel') });
  for (let call = 0; call < 2; call += 1) {
    const span = tracerProvider
      .getTracer('theirs')
      .startSpan('chat gpt-4o', { attributes: { 'gen_ai.operation.name': 'chat' } });
    const pluginCall = { ...plainReceipt, body: '' };
    context.with(trace.setSpan(context.active(), span), () => plugin.beforeCall?.(pluginCall));
    span.end();
    plugin.onReceipt?.(plainReceipt, pluginCall);
  }
  diag.disable();
  expect(warnings).toEqual([expect.stringContaining("set spans: 'own'")]);
  expect(exporter.getFinishedSpans()).toHaveLength(2);
});

it('a span of an agent is the parent, and each call in it has its own', async () => {
  const plugin = otel({ tracer: tracerProvider.getTracer('@payi/otel') });
  const agent = tracerProvider.getTracer('theirs').startSpan('invoke_agent', {
    attributes: { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.system': 'openai' },
  });
  context.with(trace.setSpan(context.active(), agent), () => {
    makeCall(plugin);
    makeCall(plugin);
  });
  const parents = exporter.getFinishedSpans().map(({ parentSpanContext }) => parentSpanContext?.spanId);
  expect(parents).toEqual([agent.spanContext().spanId, agent.spanContext().spanId]);
});
