import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Receipt } from '@payi/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { makeCall, plainReceipt } from './calls.ts';
import { ages, loadPlugin, type Sdk, startSdk } from './sdks.ts';

describe.each(ages)('spans, %s OpenTelemetry', (age) => {
  let sdk: Sdk;
  let loaded: Awaited<ReturnType<typeof loadPlugin>>;
  beforeEach(async () => {
    loaded = await loadPlugin(age);
    sdk = startSdk(age);
  });

  function spanOf(facts: Partial<Receipt>, options: Parameters<typeof loaded.otel>[0] = {}): ReadableSpan {
    makeCall(loaded.otel({ tracer: sdk.tracer, meter: sdk.meter, ...options }), facts);
    const spans = sdk.spans();
    expect(spans).toHaveLength(1);
    return spans[0] as ReadableSpan;
  }

  it('have the facts of the receipt, by the conventions and as payi.*', () => {
    const { name, kind, status, attributes } = spanOf({
      model: 'claude-3-7-sonnet',
      serviceTier: 'flex',
      scope: 'datazone.us',
      units: {
        text: { input: 10, output: 20 },
        text_cache_read: { input: 300 },
        guardrail_topic: { input: 1 },
      },
      usageSource: 'body',
      cost: { currency: 'usd', input: 0.25, output: 0.5, total: 0.75 },
      providerCost: { currency: 'usd', total: 0.5 },
      billable: { images: 2 },
      limits: { team: 'ok', company: 'exceeded', all: 'ok' },
      requestId: 'payi-1',
      providerResponseId: 'msg-1',
      httpStatus: 200,
      attempts: 2,
      properties: { 'system.stop_reason': 'end_turn' },
      toolCalls: ['search'],
      warnings: ['one'],
    });
    expect([name, kind, status]).toEqual(['chat anthropic.claude-3-7-sonnet-20250219-v1:0', 2, { code: 0 }]);
    expect(attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'aws.bedrock',
      'gen_ai.request.model': 'anthropic.claude-3-7-sonnet-20250219-v1:0',
      'gen_ai.response.model': 'claude-3-7-sonnet',
      'gen_ai.response.id': 'msg-1',
      'gen_ai.response.finish_reasons': ['end_turn'],
      'gen_ai.usage.input_tokens': 310,
      'gen_ai.usage.output_tokens': 20,
      'gen_ai.usage.cache_read.input_tokens': 300,
      'http.response.status_code': 200,
      'payi.outcome': 'complete',
      'payi.request.id': 'payi-1',
      'payi.usage_source': 'body',
      'payi.service_tier': 'flex',
      'payi.scope': 'datazone.us',
      'payi.attempts': 2,
      'payi.cost.currency': 'usd',
      'payi.cost.input': 0.25,
      'payi.cost.output': 0.5,
      'payi.cost.total': 0.75,
      'payi.provider_cost.currency': 'usd',
      'payi.provider_cost.total': 0.5,
      'payi.limits.ok': ['team', 'all'],
      'payi.limits.exceeded': ['company'],
      'payi.units.text.input': 10,
      'payi.units.text.output': 20,
      'payi.units.text_cache_read.input': 300,
      'payi.units.guardrail_topic.input': 1,
      'payi.billable.images': 2,
      'payi.tool_calls': ['search'],
      'payi.warnings': 1,
    });
  });

  it('leave out what is not known', () => {
    expect(spanOf({}).attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'aws.bedrock',
      'gen_ai.request.model': plainReceipt.resource,
      'payi.outcome': 'complete',
      'payi.usage_source': 'none',
      'payi.attempts': 1,
      'payi.warnings': 0,
    });
  });

  it.each([
    ['v1.41', { 'gen_ai.usage.cache_creation.input_tokens': 50 }],
    [
      'draft',
      {
        'gen_ai.usage.cache_write.input_tokens': 50,
        'gen_ai.usage.image.input_tokens': 7,
        'gen_ai.usage.audio.input_tokens': 5,
        'gen_ai.usage.audio.output_tokens': 4,
        'gen_ai.usage.text.output_tokens': 9,
      },
    ],
  ] as const)('count input with, and ours without, what a cache wrote: %s', (conventions, expected) => {
    const units = {
      text: { input: 10, output: 3 },
      text_cache_read: { input: 100 },
      text_cache_write: { input: 20 },
      text_cache_write_1h: { input: 30 },
      vision: { input: 7 },
      audio: { input: 5, output: 4 },
      reasoning: { output: 9 },
      web_search_request: { output: 2 },
    };
    const usage = Object.entries(spanOf({ units }, { conventions }).attributes).filter(([name]) =>
      name.startsWith('gen_ai.usage.'),
    );
    expect(Object.fromEntries(usage)).toEqual({
      'gen_ai.usage.input_tokens': 172,
      'gen_ai.usage.output_tokens': 16,
      'gen_ai.usage.cache_read.input_tokens': 100,
      'gen_ai.usage.reasoning.output_tokens': 9,
      ...expected,
    });
  });

  it('have the active span of when the call began as parent, and the end of the call', () => {
    const { otel, api } = loaded;
    const parent = sdk.tracer.startSpan('request');
    const plugin = otel({ tracer: sdk.tracer, meter: sdk.meter });
    const call = { ...plainReceipt, body: '' };
    const startedAt = new Date().toISOString();
    api.context.setGlobalContextManager(new AsyncLocalStorageContextManager());
    api.context.with(api.trace.setSpan(api.ROOT_CONTEXT, parent), () => plugin.beforeCall?.(call));
    api.context.disable();
    plugin.onReceipt?.({ ...plainReceipt, startedAt, endToEndMs: 5000 }, call);
    const [span] = sdk.spans();
    expect(span?.parentSpanContext?.spanId).toBe(parent.spanContext().spanId);
    const endMs = (span?.endTime[0] as number) * 1000 + (span?.endTime[1] as number) / 1e6;
    expect(endMs).toBeCloseTo(Date.parse(startedAt) + 5000, 3);
  });

  it.each<[Partial<Receipt>, string | undefined]>([
    [
      { outcome: 'failed', properties: { 'system.failure': 'ThrottlingException' }, httpStatus: 429 },
      'ThrottlingException',
    ],
    [{ outcome: 'failed', properties: { 'system.failure': 'Error' }, httpStatus: 503 }, '503'],
    [{ outcome: 'failed' }, '_OTHER'],
    [{ outcome: 'blocked', properties: { 'system.failure': 'limit_reached' }, attempts: 0 }, 'limit_reached'],
    [{ outcome: 'partial', properties: { 'system.failure': 'APIConnectionError' } }, 'APIConnectionError'],
    [{ outcome: 'partial', properties: { 'system.failure': 'AbortError' } }, undefined],
    [{ outcome: 'partial' }, undefined],
  ])('say what a call failed with, and nothing of its message: %j', (facts, errorType) => {
    const properties = { ...facts.properties, 'system.failure.description': 'the prompt was secret' };
    const { status, attributes, events } = spanOf({ ...facts, properties });
    expect(attributes['error.type']).toBe(errorType);
    expect(status).toEqual({ code: errorType === undefined ? 0 : 2 });
    expect(JSON.stringify([attributes, events])).not.toContain('secret');
  });

  it.each([
    ['InvokeModel', 'amazon.titan-embed-text-v2:0', undefined, 'embeddings'],
    [
      'InvokeModel',
      'arn:aws:bedrock:us-east-1:1:application-inference-profile/a1b2',
      'cohere.embed-v4:0',
      'embeddings',
    ],
    ['InvokeModel', 'arn:aws:bedrock:us-east-1:1:application-inference-profile/a1b2', undefined, 'chat'],
    ['InvokeModelWithResponseStream', 'us.amazon.nova-lite-v1:0', undefined, 'chat'],
    ['InvokeModel', 'cohere.rerank-v3-5:0', undefined, 'rerank'],
    ['InvokeModel', 'amazon.nova-canvas-v1:0', undefined, 'generate_content'],
    ['completions', 'davinci-002', undefined, 'text_completion'],
    ['images/generations', 'gpt-image-1', undefined, 'images/generations'],
  ])(
    'are named after what the call does: %s of %s, priced as %s',
    (operation, resource, priceAsResource, expected) => {
      const span = spanOf({ operation, resource, annotations: priceAsResource ? { priceAsResource } : {} });
      expect(span.name).toBe(`${expected} ${resource}`);
      expect(span.attributes).toMatchObject({
        'gen_ai.operation.name': expected,
        'gen_ai.request.model': resource,
      });
    },
  );

  it('have the annotations that are listed, and no other', () => {
    const annotations = {
      useCaseName: 'support',
      useCaseVersion: 0,
      useCaseStep: null,
      userId: 'u-42',
      accountName: 'Acme',
      limitIds: ['team'],
      requestProperties: { ticket: '4711' },
    };
    const named = (span: ReadableSpan): object =>
      Object.fromEntries(
        Object.entries(span.attributes).filter(([name]) =>
          /use_case|user|account|limit\.|properties/.test(name),
        ),
      );
    expect(named(spanOf({ annotations }))).toEqual({});
    sdk = startSdk(age);
    const attributes = [
      'useCaseName',
      'useCaseVersion',
      'useCaseStep',
      'limitIds',
      'requestProperties',
    ] as const;
    expect(named(spanOf({ annotations }, { attributes }))).toEqual({
      'payi.use_case.name': 'support',
      'payi.use_case.version': 0,
      'payi.limit.ids': ['team'],
      'payi.request.properties.ticket': '4711',
    });
  });

  it('name the model of a stored prompt, which only the answer knows', () => {
    const { otel } = loaded;
    const plugin = otel({ tracer: sdk.tracer, meter: sdk.meter });
    const call = { ...plainReceipt, resource: '', body: '' };
    plugin.beforeCall?.(call);
    plugin.onReceipt?.({ ...plainReceipt, resource: 'gpt-4o' }, call);
    expect(sdk.spans()[0]).toMatchObject({ name: 'chat', attributes: { 'gen_ai.request.model': 'gpt-4o' } });
  });

  it('are streams where the receipt shows one', () => {
    expect(spanOf({ usageSource: 'stream', timeToFirstTokenMs: 125 }).attributes).toMatchObject({
      'gen_ai.request.stream': true,
      'gen_ai.response.time_to_first_chunk': 0.125,
    });
  });

  it('are not made with spans: none', () => {
    makeCall(loaded.otel({ tracer: sdk.tracer, meter: sdk.meter, spans: 'none' }));
    expect(sdk.spans()).toEqual([]);
  });
});
