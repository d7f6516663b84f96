import Anthropic from '@anthropic-ai/sdk';
import { type Annotations, createPayi, type Receipt, receiptOf } from '@payi/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withPayi } from '../src/index.ts';
import { message, type RunningAnthropic, startAnthropic } from './start-anthropic.ts';

let provider: RunningAnthropic;
beforeAll(async () => {
  provider = await startAnthropic();
});
afterAll(() => provider.close());

interface Event {
  readonly resource: string;
  readonly units: Receipt['units'];
  readonly scope?: string;
  readonly properties?: Readonly<Record<string, string>>;
}

interface Recorded {
  /** By the object that the SDK gave; the first of `receipts`. */
  readonly receipt: Receipt | undefined;
  readonly receipts: readonly Receipt[];
  readonly events: readonly Event[];
}

const model = 'claude-opus-4-6';
const params = { model, max_tokens: 9, messages: [{ role: 'user' as const, content: 'x' }] };

/** The same answer, whole and as a stream, whose last counts come with its end. */
const ways = {
  'a message': async (client: Anthropic, usage: object) => {
    provider.answerNext({ message: { ...message, model, usage } });
    return client.messages.create(params);
  },
  'a stream': async (client: Anthropic, usage: object) => {
    const began = { ...message, model, content: [], usage: { input_tokens: 1, output_tokens: 1, ...usage } };
    provider.answerNext({
      events: [
        { type: 'message_start', message: { ...began, usage: { ...began.usage, iterations: null } } },
        { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage },
        { type: 'message_stop' },
      ],
    });
    const stream = await client.messages.create({ ...params, stream: true });
    for await (const _ of stream);
    return stream;
  },
} as const;

async function record(
  way: keyof typeof ways,
  usage: object,
  annotations: Annotations = {},
): Promise<Recorded> {
  const receipts: Receipt[] = [];
  const delivered: string[] = [];
  const payi = createPayi({
    route: 'direct',
    apiKey: 'key',
    delivery: { offline: (events) => void delivered.push(...events) },
    onReceipt: (receipt) => receipts.push(receipt),
    defaults: { userId: 'u-1', ...annotations },
  });
  const client = withPayi(new Anthropic({ apiKey: 'k', baseURL: provider.url }), { payi });
  const answer = await ways[way](client, usage);
  await payi.flush();
  const events = delivered.map((event) => JSON.parse(event) as Event);
  return { receipt: receiptOf(answer), receipts, events };
}

describe.each(Object.keys(ways) as (keyof typeof ways)[])('%s', (way) => {
  const counts = { input_tokens: 23, output_tokens: 10 };

  it('says which model answered, and what its price depends on', async () => {
    const usage = { ...counts, service_tier: 'priority', speed: 'fast', inference_geo: 'us' };
    const { receipts, events } = await record(way, usage);
    expect(receipts).toMatchObject([
      { model, serviceTier: 'priority', scope: 'datazone.us', properties: { 'system.speed': 'fast' } },
    ]);
    expect(events).toMatchObject([
      {
        resource: model,
        scope: 'datazone.us',
        properties: { 'system.service_tier': 'priority', 'system.speed': 'fast' },
      },
    ]);
  });

  it.each(['global', 'not_available', null])('has no scope in geography %s', async (inference_geo) => {
    const { receipts, events } = await record(way, { ...counts, inference_geo });
    expect(receipts[0]).not.toHaveProperty('scope');
    expect(events[0]).not.toHaveProperty('scope');
  });

  it('counts thinking apart, fetches and code as facts', async () => {
    const { receipts } = await record(way, {
      ...counts,
      output_tokens_details: { thinking_tokens: 4 },
      server_tool_use: { web_search_requests: 1, web_fetch_requests: 2, code_execution_requests: 3 },
    });
    expect(receipts).toMatchObject([
      {
        units: {
          text: { input: 23, output: 6 },
          reasoning: { output: 4 },
          web_search_request: { output: 1 },
        },
        billable: { web_fetches: 2, code_executions: 3 },
      },
    ]);
  });

  it('adds compactions, which its counts leave out', async () => {
    const { receipts } = await record(way, {
      ...counts,
      cache_read_input_tokens: 0,
      iterations: [
        { type: 'compaction', input_tokens: 180, output_tokens: 35, cache_read_input_tokens: 4 },
        { type: 'message', model, ...counts, cache_read_input_tokens: 0 },
      ],
    });
    expect(receipts.map(({ units }) => units)).toEqual([
      { text: { input: 203, output: 45 }, text_cache_read: { input: 4 } },
    ]);
  });

  it('gives the work of an advisor a record of its own', async () => {
    const { receipt, receipts, events } = await record(way, {
      ...counts,
      iterations: [
        { type: 'message', model, ...counts },
        {
          type: 'advisor_message',
          model: 'claude-opus-4-8',
          input_tokens: 820,
          output_tokens: 160,
          cache_creation_input_tokens: 7,
        },
        { type: 'message', model, ...counts },
      ],
    });
    expect(receipt).toBe(receipts.find(({ resource }) => resource === model));
    expect(receipt?.units).toEqual({ text: { input: 23, output: 10 } });
    const advisor = receipts.filter((other) => other !== receipt);
    expect(advisor).toMatchObject([
      {
        resource: 'claude-opus-4-8',
        annotations: { userId: 'u-1' },
        outcome: 'complete',
        units: { text: { input: 820, output: 160 }, text_cache_write: { input: 7 } },
        properties: { 'system.iteration': 'advisor_message' },
        providerResponseId: 'msg_01.1',
      },
    ]);
    expect(
      events.map(({ resource, properties, units }) => [
        resource,
        properties?.['system.provider_response_id'],
        units,
      ]),
    ).toEqual([
      [model, 'msg_01', receipt?.units],
      ['claude-opus-4-8', 'msg_01.1', advisor[0]?.units],
    ]);
  });

  it('is priced as the fallback that answered; the model that declined has a record of its own', async () => {
    const { receipt, events } = await record(way, {
      ...counts,
      iterations: [
        { type: 'message', model, input_tokens: 2, output_tokens: 578 },
        { type: 'fallback_message', model: 'claude-opus-4-8', ...counts },
      ],
    });
    expect(receipt).toMatchObject({ resource: model, model: 'claude-opus-4-8', routedTo: 'claude-opus-4-8' });
    expect(events.map(({ resource, units }) => [resource, units.text])).toEqual([
      ['claude-opus-4-8', { input: 23, output: 10 }],
      [model, { input: 2, output: 578 }],
    ]);
  });

  it('is priced as annotated, and an advisor as the model that it is', async () => {
    const advisor = { type: 'advisor_message', model: 'claude-opus-4-8', input_tokens: 8, output_tokens: 1 };
    const { events } = await record(
      way,
      { ...counts, iterations: [advisor] },
      { priceAsResource: 'our-claude' },
    );
    expect(events.map(({ resource }) => resource)).toEqual(['our-claude', 'claude-opus-4-8']);
  });

  it('charges nothing for an attempt that declined without output', async () => {
    const { receipts } = await record(way, {
      ...counts,
      iterations: [
        { type: 'message', model, input_tokens: 412, output_tokens: 0 },
        { type: 'fallback_message', model: 'claude-opus-4-8', ...counts },
      ],
    });
    expect(receipts).toHaveLength(1);
  });
});

describe('a stream', () => {
  it('replaces an earlier count by a later zero', async () => {
    const { client, receipts } = connect();
    provider.answerNext({
      events: [
        {
          type: 'message_start',
          message: { ...message, usage: { input_tokens: 5, output_tokens: 1, cache_read_input_tokens: 30 } },
        },
        {
          type: 'message_delta',
          delta: { stop_reason: 'end_turn' },
          usage: { input_tokens: 35, output_tokens: 7, cache_read_input_tokens: 0 },
        },
        { type: 'message_stop' },
      ],
    });
    for await (const _ of await client.messages.create({ ...params, stream: true }));
    expect(receipts[0]?.units).toEqual({ text: { input: 35, output: 7 } });
  });

  it('keeps the counts beside an error', async () => {
    const { client, receipts } = connect();
    const usage = { input_tokens: 5, output_tokens: 7 };
    provider.answerNext({
      events: [
        { type: 'message_start', message: { ...message, usage: { input_tokens: 5, output_tokens: 1 } } },
        { type: 'message_delta', usage, error: { type: 'overloaded_error', message: 'busy' } },
      ],
    });
    for await (const _ of await client.messages.create({ ...params, stream: true }));
    expect(receipts[0]).toMatchObject({
      outcome: 'partial',
      units: { text: { input: 5, output: 7 } },
      properties: { 'system.failure': 'overloaded_error' },
    });
  });

  function connect(): { client: Anthropic; receipts: Receipt[] } {
    const receipts: Receipt[] = [];
    const payi = createPayi({ route: 'headers', onReceipt: (receipt) => receipts.push(receipt) });
    return { client: withPayi(new Anthropic({ apiKey: 'k', baseURL: provider.url }), { payi }), receipts };
  }
});
