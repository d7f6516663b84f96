import { createHeaders, createPayi, type Receipt, type Route, receiptOf } from '@payi/core';
import { track } from '@payi/core/context';
import {
  type ProviderAnswer,
  type RunningOpenAI,
  type RunningPayi,
  startOpenAI,
  startPayi,
} from '@payi/testkit';
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { payiClientOptions, withPayi } from '../src/index.ts';
import { completion, response, units } from './answers.ts';
import { sdkNames, sdks } from './sdks.ts';

/** Bodies by path. */
const answers = new Map<string, ProviderAnswer>();
let provider: RunningOpenAI;
beforeAll(async () => {
  provider = await startOpenAI({ answer: ({ path }) => answers.get(path) });
});
afterAll(() => provider.close());
beforeEach(() => {
  answers.clear();
  answers.set('/v1/batches', { json: begun });
  answers.set('/v1/batches/batch_1', { json: ended });
});

const headers = createHeaders({ userId: 'u-42', useCaseName: 'night_run' });
const request = {
  input_file_id: 'file-in',
  endpoint: '/v1/chat/completions',
  completion_window: '24h',
} as const;
const begun = { id: 'batch_1', object: 'batch', status: 'validating', endpoint: request.endpoint };
const ended = { ...begun, status: 'completed', output_file_id: 'file-out', error_file_id: 'file-errors' };

const line = (id: number, body: unknown = { ...completion, id: `chatcmpl-${id}` }, status_code = 200) => ({
  id: `batch_req_${id}`,
  custom_id: `row-${id}`,
  response: { status_code, request_id: `req_${id}`, body },
  error: null,
});
const expired = {
  id: 'batch_req_9',
  custom_id: 'row-9',
  response: null,
  error: { code: 'batch_expired', message: 'This request could not be executed in time.' },
};

function results(lines: readonly unknown[], more: object = {}, id = 'file-out'): string {
  const text = lines.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join('\n');
  const bytes = new TextEncoder().encode(`${text}\n`);
  answers.set(`/v1/files/${id}/content`, { bytes, ...more });
  return `${text}\n`;
}

const clientOptions = () => ({ apiKey: 'sk', baseURL: `${provider.url}/v1`, maxRetries: 0 });

function observe(route: Route = 'direct', Client = OpenAI) {
  const receipts: Receipt[] = [];
  const diagnostics: string[] = [];
  const events: Record<string, unknown>[] = [];
  const payi = createPayi({
    route,
    apiKey: 'k',
    onReceipt: (receipt) => receipts.push(receipt),
    onDiagnostic: ({ message }) => diagnostics.push(message),
    ...(route === 'direct' && {
      delivery: { offline: (lines: readonly string[]) => void events.push(...lines.map(parse)) },
    }),
  });
  return { client: withPayi(new Client(clientOptions()), { payi }), payi, receipts, events, diagnostics };
}

const parse = (json: string): Record<string, unknown> => JSON.parse(json) as Record<string, unknown>;

describe.each(sdkNames)('a batch, %s', (name) => {
  const { OpenAI } = sdks[name] as (typeof sdks)[string];

  it('is recorded line by line, under the annotations of its submission, once', async () => {
    const { client, payi, receipts, events, diagnostics } = observe('direct', OpenAI);
    const text = results([
      line(1),
      line(2),
      line(3, { error: { code: 'bad', message: 'no' } }, 400),
      expired,
    ]);
    // An id that repeats identifies no call.
    const id = `batch_${name}`;
    answers.set('/v1/batches', { json: { ...begun, id } });
    answers.set(`/v1/batches/${encodeURIComponent(id)}`, { json: { ...ended, id } });
    const submitted = await client.batches.create(request, { headers });
    expect(receiptOf(submitted)).toMatchObject({
      operation: 'batches',
      outcome: 'complete',
      units: {},
      annotations: { userId: 'u-42' },
      properties: { 'system.batch.id': id },
      warnings: [
        'the answer is not whole: the batch is recorded when its results are read',
        'no count that Pay-i prices was found in the answer',
      ],
    });
    const { output_file_id = '' } = await client.batches.retrieve(id);
    for (const _ of [1, 2]) {
      const content = await client.files.content(output_file_id);
      expect(await content.text()).toBe(text);
    }
    await payi.close();
    expect(receipts.slice(1)).toMatchObject([
      {
        operation: 'chat/completions',
        resource: 'gpt-4o-2024-08-06',
        outcome: 'complete',
        units,
        serviceTier: 'batch',
        httpStatus: 200,
        annotations: { userId: 'u-42', useCaseName: 'night_run' },
        providerResponseId: 'chatcmpl-1',
        properties: { 'system.batch.id': id, 'system.batch.custom_id': 'row-1' },
        warnings: [],
      },
      { outcome: 'complete', units, providerResponseId: 'chatcmpl-2' },
      {
        operation: 'chat/completions',
        outcome: 'failed',
        units: {},
        httpStatus: 400,
        properties: { 'system.failure': 'bad', 'system.batch.custom_id': 'row-3' },
      },
      {
        outcome: 'failed',
        units: {},
        annotations: { userId: 'u-42' },
        properties: { 'system.failure': 'batch_expired', 'system.batch.custom_id': 'row-9' },
      },
    ]);
    expect(receipts).toHaveLength(5);
    // One event for each line and none for the submission.
    expect(events).toHaveLength(4);
    expect(events[0]).toMatchObject({
      category: 'system.openai',
      resource: 'gpt-4o-2024-08-06',
      provider_response_id: 'payi_file-out.batch_req_1',
      user_id: 'u-42',
      use_case_name: 'night_run',
      properties: {
        'system.service_tier': 'batch',
        'system.batch.id': id,
        'system.batch.custom_id': 'row-1',
        'system.provider_response_id': 'chatcmpl-1',
      },
    });
    expect(diagnostics).toEqual([]);
    for (const { headers } of provider.requests) {
      expect(Object.keys(headers).filter((name) => name.startsWith('xproxy'))).toEqual([]);
    }
  });
});

it('batches are listed, retrieved and cancelled whatever the annotations, which only a submission needs', async () => {
  const { client, payi, receipts, diagnostics } = observe();
  const unfit = { headers: { 'xProxy-UseCase-Version': 'one' } };
  const before = provider.requests.length;
  answers.set('/v1/batches/batch_1/cancel', { json: ended });
  await expect(client.batches.create(request, unfit)).rejects.toThrow('useCaseVersion');
  expect(provider.requests).toHaveLength(before);
  await client.batches.list({}, unfit);
  await client.batches.retrieve('batch_1', unfit);
  await client.batches.cancel('batch_1', unfit);
  expect(provider.requests.slice(before).map(({ method, path }) => [method, path])).toEqual([
    ['GET', '/v1/batches'],
    ['GET', '/v1/batches/batch_1'],
    ['POST', '/v1/batches/batch_1/cancel'],
  ]);
  await payi.close();
  expect([receipts, diagnostics]).toEqual([[], []]);
});

describe('results', () => {
  it('are read in every way, with the same bytes', async () => {
    const lines = [line(1), line(2)];
    const ways: ((content: Response) => Promise<string>)[] = [
      (content) => content.text(),
      async (content) => new TextDecoder().decode(await content.arrayBuffer()),
      async (content) => (await content.blob()).text(),
      (content) => content.clone().text(),
      async (content) => {
        const chunks: Uint8Array[] = [];
        for await (const chunk of content.body as unknown as AsyncIterable<Uint8Array>) chunks.push(chunk);
        return Buffer.concat(chunks).toString();
      },
    ];
    for (const read of ways) {
      const { client, payi, receipts } = observe();
      // Lines are cut at every byte.
      const text = results(lines, { faults: { pieceBytes: 97 } });
      await client.batches.create(request, { headers });
      await client.batches.retrieve('batch_1');
      const content = await client.files.content('file-out');
      expect(content.url).toBe(`${provider.url}/v1/files/file-out/content`);
      expect(await read(content)).toBe(text);
      await payi.flush();
      expect(receipts.map(({ units }) => units)).toEqual([{}, units, units]);
    }
  });

  it('of a list of batches, of another endpoint, and without a line feed at the end', async () => {
    const { client, payi, receipts } = observe();
    answers.set('/v1/batches', {
      json: { object: 'list', data: [{ ...ended, endpoint: '/v1/responses' }], has_more: false },
    });
    answers.set('/v1/files/file-out/content', {
      bytes: new TextEncoder().encode(JSON.stringify(line(1, response))),
    });
    await client.batches.list();
    await (await client.files.content('file-out')).text();
    await payi.flush();
    expect(receipts).toMatchObject([
      {
        operation: 'responses',
        resource: response.model,
        units,
        properties: { 'system.batch.id': 'batch_1' },
      },
    ]);
  });

  it.each([
    [
      'embeddings',
      { object: 'list', model: 'e', data: [], usage: { prompt_tokens: 8 } },
      { text: { input: 8 } },
    ],
    ['completions', { ...completion, object: 'text_completion' }, units],
    ['batches', { id: 'modr-1', model: 'omni', results: [] }, {}],
    ['images/generations', { data: [{ b64_json: '' }, { b64_json: '' }], usage: {} }, {}],
  ])('of %s are told by their answers', async (operation, body, units) => {
    const { client, payi, receipts } = observe();
    results([line(1, body)]);
    await (await client.files.content('file-out')).text();
    await payi.flush();
    expect(receipts).toMatchObject([{ operation, units, outcome: 'complete' }]);
    if (operation.startsWith('images')) expect(receipts[0]?.billable).toEqual({ images: 2 });
  });

  it('of a batch that was submitted elsewhere have the annotations of their request and its context', async () => {
    const { client, payi, receipts } = observe();
    results([line(1)]);
    const content = await track({ accountName: 'acme' }, () =>
      client.files.content('file-out', { headers: createHeaders({ userId: 'reader' }) }),
    );
    await content.text();
    await payi.flush();
    expect(receipts).toMatchObject([
      { units, annotations: { userId: 'reader', accountName: 'acme' }, serviceTier: 'batch' },
    ]);
    expect(receipts[0]?.properties).toEqual({
      'system.stop_reason': 'stop',
      'system.batch.custom_id': 'row-1',
    });
  });

  it('that broke off, or were left, are recorded as far as they came, and the rest when they are read again', async () => {
    const { client, payi, receipts } = observe();
    const text = results([line(1), line(2), line(3)]);
    const first = text.indexOf('\n') + 1;
    results([line(1), line(2), line(3)], { faults: { dropAfterBytes: first + 50 } });
    await client.batches.create(request, { headers });
    await client.batches.retrieve('batch_1');
    await expect((await client.files.content('file-out')).text()).rejects.toThrow();
    await payi.flush();
    expect(receipts).toHaveLength(2);

    results([line(1), line(2), line(3)], {
      faults: { pieceBytes: first + 10, stallAfterBytes: 2 * first + 10 },
    });
    const abort = new AbortController();
    const { body } = await client.files.content('file-out', { signal: abort.signal });
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    for (let read = 0; read < 2 * first; ) read += (await reader.read()).value?.length ?? 0;
    abort.abort();
    await expect(reader.read()).rejects.toThrow();
    await payi.flush();
    expect(receipts).toHaveLength(3);

    results([line(1), line(2), line(3)]);
    const again = await client.files.content('file-out');
    for await (const _ of again.body as unknown as AsyncIterable<Uint8Array>) break;
    await (await client.files.content('file-out')).text();
    await payi.flush();
    expect(receipts.map(({ providerResponseId }) => providerResponseId)).toEqual([
      'batch_1',
      'chatcmpl-1',
      'chatcmpl-2',
      'chatcmpl-3',
    ]);
  });

  it('that are read at once are recorded once, also by another client of the same Pay-i', async () => {
    const { client, payi, receipts } = observe();
    const other = new OpenAI({ ...clientOptions(), ...payiClientOptions({ payi }) });
    const lines = Array.from({ length: 200 }, (_, id) => line(id));
    results(lines, { faults: { pieceBytes: 1000 } });
    await client.batches.create(request, { headers });
    await client.batches.retrieve('batch_1');
    await Promise.all(
      [client, other, client].map(async (one) => (await one.files.content('file-out')).text()),
    );
    await payi.flush();
    expect(receipts).toHaveLength(201);
    const users = new Set(receipts.map(({ annotations }) => annotations.userId));
    expect([...users]).toEqual(['u-42']);
  });

  it('with lines that cannot be read have a diagnostic, and the others are recorded', async () => {
    const { client, receipts, diagnostics, events, payi } = observe();
    const text = results([
      '{"custom_id":',
      '[]',
      'null',
      '',
      '{"custom_id":"input","method":"POST","url":"/v1/responses","body":{}}',
      '{"response":{"body":{}}}',
      '{"custom_id":"c","result":{"type":"succeeded"}}',
      { ...line(1), id: `../${'x'.repeat(999)}`, custom_id: { toString: 1 } },
      { ...line(2), response: { status_code: 'x', body: { object: 'constructor', usage: 'no' } } },
      { ...line(3), response: { status_code: 200, body: null } },
      line(4),
    ]);
    await client.batches.retrieve('batch_1');
    expect(await (await client.files.content('file-out')).text()).toBe(text);
    await payi.close();
    expect(
      receipts.map(({ outcome, properties }) => [outcome, properties['system.batch.custom_id']]),
    ).toEqual([
      ['complete', undefined],
      ['complete', 'row-2'],
      ['complete', 'row-3'],
      ['complete', 'row-4'],
    ]);
    expect(diagnostics).toEqual([
      '6 line(s) in the results of a batch could not be read, and have no receipts',
    ]);
    // A key is only made of an id that a key may hold.
    expect(events.map(({ provider_response_id: id }) => id)).toEqual([
      expect.stringMatching(/^payi_[\da-f-]{36}$/),
      'payi_file-out.batch_req_2',
      'payi_file-out.batch_req_3',
      'payi_file-out.batch_req_4',
    ]);
  });

  it('with a line that is too long to be read have a diagnostic', async () => {
    const { client, payi, receipts, diagnostics } = observe();
    const text = results([line(1, { ...completion, filler: 'x'.repeat(17_000_000) }), line(2)]);
    await client.batches.retrieve('batch_1');
    expect(await (await client.files.content('file-out')).text()).toBe(text);
    await payi.close();
    expect(receipts.map(({ properties }) => properties['system.batch.custom_id'])).toEqual(['row-2']);
    expect(diagnostics).toEqual([
      '1 line(s) in the results of a batch could not be read, and have no receipts',
    ]);
  }, 60_000);

  it('are not looked for in files of another kind', async () => {
    const { client, payi, receipts, diagnostics } = observe();
    const content = `id,name\n${JSON.stringify(line(1))}\n`;
    answers.set('/v1/files/file-csv/content', { bytes: new TextEncoder().encode(content) });
    answers.set('/v1/files/file-json/content', { bytes: new TextEncoder().encode(`{}\n${content}`) });
    answers.set('/v1/files/file-empty/content', { bytes: new Uint8Array() });
    answers.set('/v1/files/file-none/content', { status: 404, json: { error: { message: 'no' } } });
    expect(await (await client.files.content('file-csv')).text()).toBe(content);
    expect(await (await client.files.content('file-json')).text()).toBe(`{}\n${content}`);
    expect(await (await client.files.content('file-empty')).text()).toBe('');
    await expect(client.files.content('file-none')).rejects.toThrow('404');
    await payi.flush();
    expect([receipts, diagnostics]).toEqual([[], []]);
  });

  it.each(['proxy', 'headers'] as const)(
    'leave receipts and no event on route %s, which says so',
    async (route) => {
      const { client, payi, receipts } = observe(route);
      results([line(1)]);
      await client.batches.create(request, { headers });
      await client.batches.retrieve('batch_1');
      await (await client.files.content('file-out')).text();
      await payi.flush();
      expect(receipts.at(-1)).toMatchObject({
        units,
        annotations: { userId: 'u-42' },
        warnings: [`route '${route}' does not report the results of batches to Pay-i: use route 'direct'`],
      });
    },
  );

  it('give the content of their answers, where it is captured', async () => {
    const events: Record<string, unknown>[] = [];
    const payi = createPayi({
      route: 'direct',
      apiKey: 'k',
      capture: true,
      delivery: { offline: (lines) => void events.push(...lines.map(parse)) },
    });
    const client = withPayi(new OpenAI(clientOptions()), { payi });
    results([line(1)]);
    await (await client.files.content('file-out')).text();
    await payi.close();
    expect(events[0]?.provider_response_json).toContain('"content":"Hi"');
  });
});

describe('results that come faster than events are delivered', () => {
  let isDown = false;
  let backend: RunningPayi;
  beforeAll(async () => {
    backend = await startPayi({ ingestFaults: () => (isDown ? { status: 503 } : undefined) });
  });
  afterAll(() => backend.close());
  const deliver = async (maxQueuedEvents: number) => {
    const diagnostics: string[] = [];
    const payi = createPayi({
      route: 'direct',
      apiKey: backend.apiKey,
      baseUrl: backend.url,
      delivery: { maxQueuedEvents, intervalMs: 1, minRetryMs: 1, maxRetryMs: 1 },
      onDiagnostic: ({ message }) => diagnostics.push(message),
    });
    const client = withPayi(new OpenAI(clientOptions()), { payi });
    // What delivers is loaded with the first event.
    results([line(9999)]);
    await (await client.files.content('file-out')).text();
    await payi.flush();
    return { client, payi, diagnostics };
  };

  it('are each delivered once, in the end', async () => {
    const { client, payi, diagnostics } = await deliver(500);
    const text = results(Array.from({ length: 2000 }, (_, id) => line(id)));
    // One time is enough, unless this machine is so busy that nothing is delivered for a second.
    do {
      expect(await (await client.files.content('file-out')).text()).toBe(text);
      await payi.flush();
    } while (payi.stats().sent < 2001);
    await payi.close();
    expect(payi.stats()).toMatchObject({ sent: 2001, dropped: 0 });
    expect(
      diagnostics.filter((message) => !message.endsWith('read the results again when it is not')),
    ).toEqual([]);
  }, 60_000);

  it('are handed on if Pay-i is down, and recorded when they are read again', async () => {
    const { client, payi, diagnostics } = await deliver(6);
    const text = results(Array.from({ length: 10 }, (_, id) => line(id)));
    isDown = true;
    expect(await (await client.files.content('file-out')).text()).toBe(text);
    expect(payi.stats()).toMatchObject({ queued: 6, sent: 1, dropped: 0 });
    expect(diagnostics.at(-1)).toBe(
      '4 line(s) in the results of a batch were not recorded, because the queue is full: read the results again when it ' +
        'is not',
    );
    isDown = false;
    await payi.flush();
    expect(await (await client.files.content('file-out')).text()).toBe(text);
    await payi.close();
    expect(payi.stats()).toMatchObject({ sent: 11, dropped: 0 });
  }, 60_000);
});

describe('a submission', () => {
  it('that is refused, or has an annotation that Pay-i cannot read, leaves no record', async () => {
    const { client, payi, receipts } = observe();
    answers.set('/v1/batches', { status: 400, json: { error: { message: 'no such file' } } });
    await expect(client.batches.create(request, { headers })).rejects.toThrow('no such file');
    const before = provider.requests.length;
    const refused = client.batches.create(request, { headers: { 'xProxy-UseCase-Version': 'one' } });
    await expect(refused).rejects.toThrow();
    expect(provider.requests).toHaveLength(before);
    await payi.flush();
    expect(receipts).toEqual([]);
  });

  it('that cannot be read leaves its record', async () => {
    const { client, receipts } = observe();
    answers.set('/v1/batches', { json: { id: 7, object: 'batch' } });
    await client.batches.create(request, { headers });
    expect(receipts).toMatchObject([
      { outcome: 'complete', properties: {}, annotations: { userId: 'u-42' } },
    ]);
  });
});
