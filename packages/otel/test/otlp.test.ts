import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { registerBedrockClientCallbacks } from '@payi/bedrock';
import { createHeaders, createPayi } from '@payi/core';
import { startBedrock, startPayi } from '@payi/testkit';
import { expect, it } from 'vitest';
import { startOtlpCollector } from '../../../internal/examples/src/otlp-collector.ts';
import { otel } from '../src/index.ts';

const modelId = 'anthropic.claude-3-7-sonnet-20250219-v1:0';
const opaqueArn = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3d4e5f6';
const messages = [{ role: 'user' as const, content: [{ text: 'a secret question' }] }];
const usage = { inputTokens: 12, outputTokens: 34, cacheReadInputTokens: 1000, cacheWriteInputTokens: 5 };

it('spans and metrics reach a collector over OTLP with tokens, cost and errors, and without content', async () => {
  const collector = await startOtlpCollector();
  const bedrock = await startBedrock({ answer: () => ({ text: 'a secret answer', usage }) });
  const backend = await startPayi();
  const tracers = new TracerProvider({
    spanProcessors: [
      new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url: `${collector.url}/v1/traces` }) }),
    ],
  });
  const exporter = new OTLPMetricExporter({ url: `${collector.url}/v1/metrics` });
  const meters = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
  const payi = createPayi({
    route: 'direct',
    apiKey: backend.apiKey,
    baseUrl: backend.url,
    delivery: { intervalMs: 1 },
    plugins: [
      otel({
        tracer: tracers.getTracer('@payi/otel'),
        meter: meters.getMeter('@payi/otel'),
        attributes: ['useCaseName'],
      }),
    ],
  });
  const { region, credentials, url: endpoint } = bedrock;
  const client = new BedrockRuntimeClient({ region, credentials, endpoint, maxAttempts: 1 });
  registerBedrockClientCallbacks(client, ['Converse', 'ConverseStream', 'InvokeModel'], { payi });
  const extraHeaders = createHeaders({ useCaseName: 'support_chat', userId: 'u-42' });

  await client.send(new ConverseCommand({ modelId, messages, extraHeaders }));
  const { stream } = await client.send(new ConverseStreamCommand({ modelId, messages, extraHeaders }));
  for await (const _ of stream ?? []) break;
  const body = JSON.stringify({ anthropic_version: 'bedrock-2023-05-31', max_tokens: 9, messages });
  await client.send(new InvokeModelCommand({ modelId: opaqueArn, body, extraHeaders }));
  bedrock.answerNext({ error: { type: 'ThrottlingException', message: 'a secret reason' } });
  await expect(client.send(new ConverseCommand({ modelId, messages, extraHeaders }))).rejects.toThrow();

  await payi.close();
  await tracers.shutdown();
  await meters.shutdown();
  await Promise.all([collector.close(), bedrock.close(), backend.close()]);

  const spans = collector.spans.toSorted((one, other) => one.startMs - other.startMs);
  expect(spans.map(({ name, scope, kind, status }) => [name, scope, kind, status])).toEqual([
    [`chat ${modelId}`, '@payi/otel', 3, 0],
    [`chat ${modelId}`, '@payi/otel', 3, 0],
    [`chat ${opaqueArn}`, '@payi/otel', 3, 0],
    [`chat ${modelId}`, '@payi/otel', 3, 2],
  ]);
  const [whole, left, opaque, failed] = spans.map(({ attributes }) => attributes);
  const counted = {
    'gen_ai.usage.input_tokens': 1017,
    'gen_ai.usage.output_tokens': 34,
    'gen_ai.usage.cache_read.input_tokens': 1000,
    'gen_ai.usage.cache_creation.input_tokens': 5,
    'payi.use_case.name': 'support_chat',
    'payi.outcome': 'complete',
  };
  expect(whole).toMatchObject({
    ...counted,
    'payi.cost.currency': 'usd',
    'payi.cost.total': expect.any(Number),
  });
  expect(left).toMatchObject({ 'payi.outcome': 'partial', 'gen_ai.request.stream': true });
  expect(opaque).toMatchObject({ ...counted, 'gen_ai.request.model': opaqueArn });
  expect(failed).toMatchObject({
    'error.type': 'ThrottlingException',
    'http.response.status_code': 429,
    'payi.outcome': 'failed',
  });
  for (const { startMs, endMs } of spans) expect(endMs).toBeGreaterThanOrEqual(startMs);

  const values = (name: string): number[] =>
    collector.points.filter((point) => point.name === name).map(({ value }) => value);
  expect(values('gen_ai.client.token.usage').sort()).toEqual([1017, 1017, 34, 34]);
  expect(values('payi.client.cost')).toEqual([whole?.['payi.cost.total']]);
  const calls = collector.points.filter(({ name }) => name === 'payi.client.calls');
  expect(calls.map(({ value, attributes }) => [attributes['payi.outcome'], value]).sort()).toEqual([
    ['complete', 1],
    ['complete', 1],
    ['failed', 1],
    ['partial', 1],
  ]);
  expect(JSON.stringify([collector.spans, collector.points])).not.toMatch(/secret|u-42/);
});
