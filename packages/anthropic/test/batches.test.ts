import NewAnthropic from '@anthropic-ai/sdk';
import OldAnthropic from '@anthropic-ai/sdk-0';
import { createHeaders, createPayi, type Receipt, type Route, receiptOf } from '@payi/core';
import { track } from '@payi/core/context';
import { type ProviderAnswer, type RunningAnthropic, startAnthropic } from '@payi/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { payiClientOptions, withPayi } from '../src/index.ts';
import { collect, question } from './clients.ts';
import { message } from './start-anthropic.ts';

type Anthropic = NewAnthropic;
type Open = (options: { apiKey: string; baseURL: string }, payi: ReturnType<typeof createPayi>) => Anthropic;
const kinds: Readonly<Record<string, Open>> = {
  'withPayi(), newest SDK': (options, payi) => withPayi(new NewAnthropic(options), { payi }),
  'withPayi(), oldest SDK': (options, payi) =>
    withPayi(new OldAnthropic(options) as unknown as Anthropic, { payi }),
  'payiClientOptions()': (options, payi) => new NewAnthropic({ ...options, ...payiClientOptions({ payi }) }),
};
const [withNewest] = Object.values(kinds) as [Open];

/** Results by the id of the batch. */
const results = new Map<string, ProviderAnswer>();
let provider: RunningAnthropic;
beforeAll(async () => {
  provider = await startAnthropic({
    answer({ method, path }) {
      const [, id, ending] = /^\/v1\/messages\/batches(?:\/([^/]+))?(\/results)?$/.exec(path) ?? [];
      if (ending !== undefined) return results.get(id as string);
      if (method === 'POST' && id === undefined) return { json: { ...begun, id: next } };
      return { json: { ...begun, id, results_url: `${provider.url}${path}/results` } };
    },
  });
});
afterAll(() => provider.close());

/** The id of the next batch. An id that repeats identifies no call. */
let next = '';
let batches = 0;
const begun = { type: 'message_batch', processing_status: 'in_progress', results_url: null };
const headers = createHeaders({ userId: 'u-42', useCaseName: 'night_run' });
const requests = [{ custom_id: 'row-1', params: question }];
const usage = { input_tokens: 12, output_tokens: 34, service_tier: 'batch' };
const units = { text: { input: 12, output: 34 } };

const succeeded = (id: number) => ({
  custom_id: `row-${id}`,
  result: { type: 'succeeded', message: { ...message, id: `msg_${next}_${id}`, usage } },
});
const errored = {
  custom_id: 'row-8',
  result: {
    type: 'errored',
    error: { type: 'error', error: { type: 'invalid_request_error', message: 'max_tokens is required' } },
  },
};
const expired = { custom_id: 'row-9', result: { type: 'expired' } };

function observe(open: Open, route: Route = 'direct') {
  batches += 1;
  next = `msgbatch_${batches}`;
  const receipts: Receipt[] = [];
  const diagnostics: string[] = [];
  const events: Record<string, unknown>[] = [];
  const payi = createPayi({
    route,
    apiKey: 'k',
    onReceipt: (receipt) => receipts.push(receipt),
    onDiagnostic: ({ message }) => diagnostics.push(message),
    ...(route === 'direct' && {
      delivery: {
        offline: (lines: readonly string[]) => {
          for (const line of lines) events.push(JSON.parse(line) as Record<string, unknown>);
        },
      },
    }),
  });
  const client = open({ apiKey: 'sk-ant-test', baseURL: provider.url }, payi);
  const answer = (lines: readonly unknown[], more: object = {}): void => {
    const bytes = new TextEncoder().encode(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    results.set(next, { bytes, contentType: 'application/x-jsonl', ...more });
  };
  return { client, payi, receipts, events, diagnostics, answer, id: next };
}

describe.each(Object.entries(kinds))('a batch, %s', (_, open) => {
  it('is recorded line by line, under the annotations of its submission, once', async () => {
    const { client, payi, receipts, events, diagnostics, answer, id } = observe(open);
    const lines = [succeeded(1), succeeded(2), errored, expired];
    answer(lines, { faults: { pieceBytes: 50 } });
    const before = provider.requests.length;
    const submitted = await client.messages.batches.create({ requests }, { headers });
    expect(receiptOf(submitted)).toMatchObject({
      category: 'system.anthropic',
      operation: 'batches',
      units: {},
      annotations: { userId: 'u-42' },
      properties: { 'system.batch.id': id },
    });
    expect(receiptOf(submitted)?.warnings[0]).toBe(
      'the answer is not whole: the batch is recorded when its results are read',
    );
    expect(await collect(await client.messages.batches.results(id))).toEqual(lines);
    expect(await collect(await client.beta.messages.batches.results(id))).toEqual(lines);
    await payi.close();
    expect(receipts.slice(1)).toMatchObject([
      {
        operation: 'messages',
        resource: 'claude-opus-4-5',
        outcome: 'complete',
        units,
        serviceTier: 'batch',
        annotations: { userId: 'u-42', useCaseName: 'night_run' },
        properties: { 'system.batch.id': id, 'system.batch.custom_id': 'row-1' },
        warnings: [],
      },
      { outcome: 'complete', units, properties: { 'system.batch.custom_id': 'row-2' } },
      {
        outcome: 'failed',
        units: {},
        properties: { 'system.failure': 'invalid_request_error', 'system.batch.custom_id': 'row-8' },
      },
      { outcome: 'failed', units: {}, properties: { 'system.failure': 'expired' } },
    ]);
    expect(receipts).toHaveLength(5);
    expect(receiptOf(succeeded(1).result.message)).toBe(receipts[1]);
    expect(events).toMatchObject([
      {
        category: 'system.anthropic',
        provider_response_id: `payi_${id}.row-1`,
        user_id: 'u-42',
        properties: { 'system.service_tier': 'batch', 'system.batch.id': id },
      },
      {},
      {},
      { provider_response_id: `payi_${id}.row-9`, http_status_code: 299 },
    ]);
    expect(diagnostics).toEqual([]);
    for (const { headers } of provider.requests.slice(before)) {
      expect(Object.keys(headers).filter((name) => name.startsWith('xproxy'))).toEqual([]);
    }
  });

  it('that was submitted elsewhere is recorded under the annotations of the request for its results', async () => {
    const { client, payi, receipts, answer, id } = observe(open);
    answer([succeeded(1)]);
    // The oldest SDK takes options in second place.
    const options = { headers: createHeaders({ userId: 'reader' }) };
    const lines = await track({ accountName: 'acme' }, () =>
      client.messages.batches.results(id, options as object, options),
    );
    await collect(lines);
    await payi.close();
    expect(receipts).toMatchObject([{ units, annotations: { userId: 'reader', accountName: 'acme' } }]);
  });

  it('is listed, retrieved, cancelled and deleted whatever the annotations, which only its submission needs', async () => {
    const { client, payi, receipts, diagnostics, id } = observe(open);
    const unfit = { headers: { 'xProxy-UseCase-Version': 'one' } };
    const before = provider.requests.length;
    const { batches } = client.messages;
    await expect(batches.create({ requests }, unfit)).rejects.toThrow('useCaseVersion');
    expect(provider.requests).toHaveLength(before);
    // The oldest SDK takes options in second place.
    await batches.list(unfit as object, unfit);
    await batches.retrieve(id, unfit as object, unfit);
    await batches.cancel(id, unfit as object, unfit);
    await batches.delete(id, unfit as object, unfit);
    expect(provider.requests.slice(before).map(({ method, path }) => [method, path])).toEqual([
      ['GET', '/v1/messages/batches'],
      ['GET', `/v1/messages/batches/${id}`],
      ['POST', `/v1/messages/batches/${id}/cancel`],
      ['DELETE', `/v1/messages/batches/${id}`],
    ]);
    await payi.close();
    expect([receipts, diagnostics]).toEqual([[], []]);
  });

  it.each(['proxy', 'headers'] as const)('leaves receipts and no event on route %s', async (route) => {
    const { client, receipts, answer, id } = observe(open, route);
    answer([succeeded(1)]);
    await client.messages.batches.create({ requests }, { headers });
    await collect(await client.messages.batches.results(id));
    expect(receipts.at(-1)).toMatchObject({
      units,
      annotations: { userId: 'u-42' },
      warnings: [`route '${route}' does not report the results of batches to Pay-i: use route 'direct'`],
    });
  });
});

describe('results', () => {
  it('that are left are recorded as far as they came, and the rest when they are read again', async () => {
    const { client, payi, receipts, answer, id } = observe(withNewest);
    const lines = [1, 2, 3].map(succeeded);
    const length = JSON.stringify(lines[0]).length + 1;
    answer(lines, { faults: { pieceBytes: length, stallAfterBytes: length } });
    await client.messages.batches.create({ requests }, { headers });
    for await (const line of await client.messages.batches.results(id)) {
      expect(line).toEqual(lines[0]);
      break;
    }
    await payi.flush();
    expect(receipts).toHaveLength(2);
    answer(lines, { faults: { dropAfterBytes: 2 * length + 5 } });
    await expect(collect(await client.messages.batches.results(id))).rejects.toThrow();
    await payi.flush();
    expect(receipts).toHaveLength(3);
    answer(lines);
    expect(await collect(await client.messages.batches.results(id))).toEqual(lines);
    await payi.close();
    expect(receipts.map(({ properties }) => properties['system.batch.custom_id'])).toEqual([
      undefined,
      'row-1',
      'row-2',
      'row-3',
    ]);
  });

  it('with an advisor are two calls with keys of their own', async () => {
    const { client, payi, events, answer, id } = observe(withNewest);
    const line = succeeded(1);
    const iterations = [
      { type: 'advisor_message', model: 'claude-advisor', input_tokens: 5, output_tokens: 6 },
      { type: 'message', input_tokens: 12, output_tokens: 34 },
    ];
    answer([
      {
        ...line,
        result: { type: 'succeeded', message: { ...line.result.message, usage: { ...usage, iterations } } },
      },
    ]);
    await collect(await client.messages.batches.results(id));
    await payi.close();
    expect(events.map(({ provider_response_id: id }) => id)).toEqual([
      `payi_${id}.row-1`,
      `payi_${id}.row-1.1`,
    ]);
  });

  it('that are read at once are recorded once', async () => {
    const { client, payi, receipts, answer, id } = observe(withNewest);
    const lines = Array.from({ length: 300 }, (_, index) => succeeded(index));
    answer(lines, { faults: { pieceBytes: 999 } });
    await client.messages.batches.create({ requests }, { headers });
    const read = await Promise.all(
      [1, 2, 3].map(async () => collect(await client.messages.batches.results(id))),
    );
    expect(read).toEqual([lines, lines, lines]);
    await payi.close();
    expect(receipts).toHaveLength(301);
  });

  it('with lines that cannot be read have a diagnostic, and are handed on', async () => {
    const { client, payi, receipts, diagnostics, answer, id } = observe(withNewest);
    const lines = [
      { result: { type: 'succeeded', message: {} } },
      { custom_id: 7, result: { type: 'expired' } },
      { custom_id: 'a', result: { type: 'succeeded', message: 'text' } },
      { custom_id: 'b', result: { type: 'errored', error: [] } },
      { custom_id: 'c', result: { type: 'succeeded', message: { usage: { input_tokens: -1 } } } },
    ];
    answer(lines);
    expect(await collect(await client.messages.batches.results(id))).toEqual(lines);
    await payi.close();
    expect(receipts).toMatchObject([
      { outcome: 'failed', properties: { 'system.failure': 'errored' } },
      { outcome: 'complete', warnings: ['no count that Pay-i prices was found in the answer'] },
    ]);
    expect(diagnostics).toEqual([
      '3 line(s) in the results of a batch could not be read, and have no receipts',
    ]);
  });
});
