import { beforeEach, describe, expect, it } from 'vitest';
import { makeCall, plainReceipt } from './calls.ts';
import { ages, loadPlugin, type Point, type Sdk, startSdk } from './sdks.ts';

const units = {
  text: { input: 10, output: 20 },
  text_cache_read: { input: 300 },
  text_cache_write: { input: 5 },
  reasoning: { output: 7 },
};
const named = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'aws.bedrock',
  'gen_ai.request.model': plainReceipt.resource,
};
const valuesOf = (points: readonly Point[] = []): [object, number][] =>
  points.map(({ attributes, value }) => [attributes, value]);

describe.each(ages)('metrics, %s OpenTelemetry', (age) => {
  let sdk: Sdk;
  let otel: Awaited<ReturnType<typeof loadPlugin>>['otel'];
  beforeEach(async () => {
    sdk = startSdk(age);
    ({ otel } = await loadPlugin(age));
  });
  const plugin = (options: Parameters<typeof otel>[0] = {}) =>
    otel({ tracer: sdk.tracer, meter: sdk.meter, ...options });

  it('of v1.41 are durations and tokens, in buckets that fit', async () => {
    makeCall(plugin(), {
      units,
      model: 'claude',
      usageSource: 'stream',
      endToEndMs: 1500,
      timeToFirstTokenMs: 250,
    });
    const points = await sdk.points();
    const attributes = { ...named, 'gen_ai.response.model': 'claude' };
    expect(Object.keys(points).sort()).toEqual([
      'gen_ai.client.operation.duration',
      'gen_ai.client.operation.time_to_first_chunk',
      'gen_ai.client.token.usage',
      'payi.client.calls',
      'payi.client.units',
    ]);
    expect(points['gen_ai.client.operation.duration']).toEqual([
      {
        attributes,
        value: 1.5,
        count: 1,
        unit: 's',
        boundaries: [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92],
      },
    ]);
    expect(valuesOf(points['gen_ai.client.operation.time_to_first_chunk'])).toEqual([[attributes, 0.25]]);
    expect(valuesOf(points['gen_ai.client.token.usage'])).toEqual([
      [{ ...attributes, 'gen_ai.token.type': 'input' }, 315],
      [{ ...attributes, 'gen_ai.token.type': 'output' }, 27],
    ]);
  });

  it('of the draft count tokens by modality, and a zero where nothing is known', async () => {
    const draft = plugin({ conventions: 'draft' });
    makeCall(draft, { units: { ...units, audio: { input: 4 } } });
    makeCall(draft, { outcome: 'failed', httpStatus: 500 });
    const points = await sdk.points();
    const tokens = (name: string): [unknown, number][] =>
      (points[`gen_ai.client.inference.${name}_tokens`] ?? []).map(({ attributes, value }) => [
        attributes['gen_ai.token.modality'],
        value,
      ]);
    expect(tokens('usage.input')).toEqual([
      ['unknown', 315],
      ['audio', 4],
    ]);
    expect(tokens('usage.output')).toEqual([
      ['unknown', 20],
      ['text', 7],
    ]);
    expect(tokens('usage.cache_read.input')).toEqual([['unknown', 300]]);
    expect(tokens('usage.cache_write.input')).toEqual([['unknown', 5]]);
    expect(tokens('usage.reasoning.output')).toEqual([['text', 7]]);
    expect(tokens('operation.input')).toEqual([[undefined, 319]]);
    expect(points['gen_ai.client.inference.operation.output_tokens']).toMatchObject([
      { value: 27, count: 1 },
    ]);
    expect(points['gen_ai.client.inference.duration']?.map(({ attributes }) => attributes)).toEqual([
      named,
      { ...named, 'error.type': '500' },
    ]);
  });

  it('of the draft have other names for embeddings', async () => {
    makeCall(plugin({ conventions: 'draft' }), { operation: 'embeddings', units: { text: { input: 8 } } });
    expect(Object.keys(await sdk.points()).filter((name) => name.startsWith('gen_ai'))).toEqual([
      'gen_ai.client.embeddings.operation.input_tokens',
      'gen_ai.client.embeddings.duration',
    ]);
  });

  it('of Pay-i are calls, cost and units by use case, model and outcome', async () => {
    const metered = plugin();
    const annotations = { useCaseName: 'support', userId: 'u-42', accountName: 'Acme' };
    for (let call = 0; call < 2; call += 1) {
      makeCall(metered, {
        annotations,
        units,
        cost: { currency: 'usd', input: 0.25, output: 0.5, total: 0.75 },
      });
    }
    makeCall(metered, { annotations, outcome: 'blocked', attempts: 0 });
    const points = await sdk.points();
    const complete = { ...named, 'payi.use_case.name': 'support', 'payi.outcome': 'complete' };
    expect(valuesOf(points['payi.client.calls'])).toEqual([
      [complete, 2],
      [{ ...complete, 'payi.outcome': 'blocked' }, 1],
    ]);
    expect(valuesOf(points['payi.client.cost'])).toEqual([
      [{ ...complete, 'payi.cost.currency': 'usd' }, 1.5],
    ]);
    expect(valuesOf(points['payi.client.units'])).toContainEqual([
      { ...complete, 'payi.unit': 'text_cache_read', 'payi.direction': 'input' },
      600,
    ]);
    expect(JSON.stringify(points)).not.toMatch(/u-42|Acme/);
  });

  it('tell a bounded number of use cases, models and errors apart', async () => {
    const metered = plugin({ maxMetricValues: 3 });
    for (let call = 0; call < 50; call += 1) {
      makeCall(metered, {
        resource: `arn:${call}`,
        annotations: { useCaseName: `case-${call}` },
        outcome: 'failed',
        properties: { 'system.failure': `Error${call}` },
      });
    }
    makeCall(metered, { resource: 'arn:1', annotations: { useCaseName: 'case-2' } });
    const points = await sdk.points();
    const calls = points['payi.client.calls'] ?? [];
    expect(calls.map(({ attributes, value }) => [attributes['payi.use_case.name'], value])).toEqual([
      ['case-0', 1],
      ['case-1', 1],
      ['case-2', 1],
      ['other', 47],
      ['case-2', 1],
    ]);
    expect(calls.at(-1)?.attributes['gen_ai.request.model']).toBe('arn:1');
    const durations = points['gen_ai.client.operation.duration'] ?? [];
    expect(durations.map(({ attributes }) => attributes['error.type'])).toEqual([
      'Error0',
      'Error1',
      'Error2',
      'other',
      undefined,
    ]);
  });

  it('are measured without spans', async () => {
    makeCall(plugin({ spans: 'none' }));
    expect(Object.keys(await sdk.points())).toContain('gen_ai.client.operation.duration');
  });
});

it('go to the meter provider of the application, even if it is set later', async () => {
  const { otel, api } = await loadPlugin('newest');
  const sdk = startSdk('newest');
  const plugin = otel();
  makeCall(plugin);
  api.metrics.setGlobalMeterProvider({ getMeter: () => sdk.meter });
  makeCall(plugin);
  api.metrics.disable();
  expect(valuesOf((await sdk.points())['payi.client.calls'])).toEqual([
    [{ ...named, 'payi.outcome': 'complete' }, 1],
  ]);
});
