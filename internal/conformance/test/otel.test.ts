import { type Context, context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { CallBlockedError, createHeaders, type Route } from '@payi/core';
import { otel } from '@payi/otel';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Provider, providers, units } from '../src/providers.ts';
import { startScriptedProvider } from '../src/scripted-provider.ts';
import { sdkAge } from '../src/sdks.ts';
import { annotations, ask, errorOf, readAll, Stage } from '../src/stage.ts';
import { streamSurfaces, surfaces } from '../src/surfaces.ts';

const routes: Route[] = ['proxy', 'direct', 'headers'];
const exporter = new InMemorySpanExporter();
const tracers = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
const tracer = tracers.getTracer('conformance');
const millis = ([seconds, nanos]: ReadableSpan['endTime']): number => seconds * 1000 + nanos / 1e6;

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
});
afterAll(() => context.disable());
beforeEach(() => exporter.reset());

/** What is active while the application asks. */
function insideOf(name: string): { id: string; context: Context } {
  const span = tracer.startSpan(name);
  return { id: span.spanContext().spanId, context: trace.setSpan(ROOT_CONTEXT, span) };
}

const providerNames: Readonly<Record<string, string>> = {
  'system.aws.bedrock': 'aws.bedrock',
  'system.openai': 'openai',
  'system.azureopenai': 'azure.ai.openai',
  'system.anthropic': 'anthropic',
  'system.google.vertex': 'gcp.vertex_ai',
};

describe.each(surfaces)(`spans of @payi/otel, $name, ${sdkAge} SDK`, (surface) => {
  const stage = new Stage<Provider>(surface, providers[surface.provider]);

  it.each(routes)('are one per call, with the facts of its receipt, route %s', async (route) => {
    const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({
      exporter: metricExporter,
      exportIntervalMillis: 3_600_000,
    });
    const meter = new MeterProvider({ readers: [reader] }).getMeter('conformance');
    const plugins = [otel({ tracer, meter, attributes: ['useCaseName', 'limitIds'] })];
    const connection = stage.connect(route, { plugins });
    if (surface.retries) stage.provider.failNext();
    const request = insideOf('request');
    await readAll(await context.with(request.context, () => ask(connection)));
    const receipt = await stage.onlyReceipt();

    const spans = exporter.getFinishedSpans();
    expect(spans).toHaveLength(1);
    const operation = surface.provider === 'google' ? 'generate_content' : 'chat';
    const [span] = spans as [ReadableSpan];
    expect([span.name, span.kind, span.status]).toEqual([
      `${operation} ${surface.resource}`,
      SpanKind.CLIENT,
      { code: 0 },
    ]);
    expect(span.parentSpanContext?.spanId).toBe(request.id);
    expect(span.attributes).toMatchObject({
      'gen_ai.operation.name': operation,
      'gen_ai.provider.name': providerNames[surface.category],
      'gen_ai.request.model': surface.resource,
      'gen_ai.usage.input_tokens': units.text?.input,
      'gen_ai.usage.output_tokens': units.text?.output,
      'payi.outcome': 'complete',
      'payi.attempts': surface.retries ? 2 : 1,
      'payi.use_case.name': annotations.useCaseName,
      'payi.limit.ids': annotations.limitIds,
      ...(surface.isStream && { 'gen_ai.request.stream': true }),
    });
    expect(span.attributes['payi.cost.total']).toBe(receipt.cost?.total);
    expect(span.attributes['payi.limits.ok']).toEqual(receipt.limits && Object.keys(receipt.limits));
    expect(JSON.stringify([span.attributes, span.events])).not.toMatch(/hello|Hi there|u-42|Acme/);
    expect(millis(span.endTime)).toBeCloseTo(Date.parse(receipt.startedAt) + receipt.endToEndMs, 2);

    await reader.forceFlush();
    const measured = metricExporter.getMetrics()[0]?.scopeMetrics[0]?.metrics ?? [];
    const tokens = measured.find(({ descriptor }) => descriptor.name === 'gen_ai.client.token.usage');
    expect(tokens?.dataPoints.map(({ value }) => (value as { sum: number }).sum)).toEqual([1000, 100]);
  });

  it('say what a refused call failed with', async () => {
    await errorOf(ask(stage.connect('headers', { plugins: [otel({ tracer })] }), 'refused'));
    const receipt = await stage.onlyReceipt();
    const [span] = exporter.getFinishedSpans();
    expect(span?.status).toEqual({ code: SpanStatusCode.ERROR });
    expect(span?.attributes).toMatchObject({
      'error.type': receipt.properties['system.failure'],
      'http.response.status_code': 400,
      'payi.outcome': 'failed',
    });
    expect(JSON.stringify(span?.attributes)).not.toContain('not allowed');
  });

  it('are of calls that another plugin, or Pay-i, blocked, too', async () => {
    const refuse = (): void => {
      throw new CallBlockedError('used up', ['day']);
    };
    const plugins = [{ name: 'budget', beforeCall: refuse }, otel({ tracer })];
    await errorOf(ask(stage.connect('headers', { plugins })));
    await expect.poll(() => stage.receipts.length).toBe(1);
    const limited = stage.connect('proxy', { plugins: [otel({ tracer })] });
    const headers = createHeaders({ limitIds: ['small'] });
    await readAll(await ask(limited, 'plain', headers));
    await errorOf(ask(limited, 'plain', headers));
    const blocked = exporter
      .getFinishedSpans()
      .filter(({ attributes }) => attributes['payi.outcome'] === 'blocked');
    expect(blocked.map(({ attributes }) => attributes['payi.limits.blocked_by'])).toEqual([
      ['day'],
      ['small'],
    ]);
    expect(blocked.every(({ status }) => status.code === SpanStatusCode.ERROR)).toBe(true);
  });
});

describe.each(streamSurfaces)(`spans of streams left early, $name, ${sdkAge} SDK`, (surface) => {
  const { format } = surface;
  const stage = new Stage(surface, () => startScriptedProvider(format.contentType));

  it.each(routes)('end when the caller leaves, without an error, route %s', async (route) => {
    const events = [...format.opening, format.text('Hel'), format.text('lo')];
    stage.provider.answerNext({ events, ending: 'stall' });
    const sent = await ask(stage.connect(route, { plugins: [otel({ tracer })] }));
    let seen = 0;
    // Pay-i's proxy holds one event back.
    for await (const _ of sent.events ?? []) if (++seen === events.length - 1) break;
    const receipt = await stage.onlyReceipt();
    const [span] = exporter.getFinishedSpans();
    expect(span?.status).toEqual({ code: 0 });
    expect(span?.attributes).toMatchObject({ 'payi.outcome': 'partial', 'gen_ai.request.stream': true });
    expect(millis(span?.endTime as ReadableSpan['endTime'])).toBeCloseTo(
      Date.parse(receipt.startedAt) + receipt.endToEndMs,
      2,
    );
  });
});
