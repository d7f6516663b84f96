import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { resolveOptions } from '../src/adapter.ts';
import { type FetchCall, observedFetch, Retries } from '../src/calls.ts';
import { createPayi, type Diagnostic, type Receipt } from '../src/index.ts';

const events = ['{"id":1}', '{"usage":{"a":1}}', '{"text":"x"}', '[DONE]'].map((data) => `data: ${data}\n\n`);
const fault = new RangeError('a reader of ours failed');
const fail = (): never => {
  throw fault;
};

let url: string;
/** How many streams their client has closed. */
let closed = 0;
const server = createServer((request, response) => {
  if (request.url === '/refused')
    response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":1}');
  else if (request.url === '/whole')
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"id":1}');
  else {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.on('close', () => {
      if (!response.writableFinished) closed += 1;
    });
    if (request.url === '/cut') response.write(events.join('').slice(0, 40), () => {});
    else for (const event of events) response.write(event);
    if (request.url === '/events' || request.url === '/cut')
      response.end(request.url === '/cut' ? events.join('').slice(40) : '');
  }
});
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

let receipts: Receipt[];
let diagnostics: Diagnostic[];
let uncaught: unknown[];
const onUncaught = (error: unknown): void => void uncaught.push(error);
beforeEach(() => {
  receipts = [];
  diagnostics = [];
  uncaught = [];
  closed = 0;
  process.on('unhandledRejection', onUncaught);
});
afterEach(() => {
  process.off('unhandledRejection', onUncaught);
  expect(uncaught).toEqual([]);
});

/** A `fetch` of which every reader throws. */
function failing(call: Partial<FetchCall>, onAbandon: 'close' | 'drain' = 'close'): typeof fetch {
  const payi = createPayi({
    route: 'headers',
    onReceipt: (receipt) => receipts.push(receipt),
    onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
  });
  const settings = { ...resolveOptions('test', { payi, onAbandon }), retries: new Retries() };
  return observedFetch(fetch, settings, () => ({
    category: 'system.openai',
    operation: 'chat/completions',
    resource: 'm',
    isStream: false,
    readBody: fail,
    events: { relevant: /./, read: fail },
    ...call,
  }));
}

async function expectReported(outcome: Receipt['outcome']): Promise<void> {
  await expect
    .poll(() => receipts)
    .toMatchObject([{ outcome, warnings: ['the answer could not be observed'] }]);
  expect(diagnostics).toEqual([
    {
      code: 'INTERNAL_FAULT',
      message: 'the answer of chat/completions could not be read for its receipt',
      operation: 'chat/completions',
      cause: fault,
    },
  ]);
}

const ask = { method: 'POST', headers: { 'x-stainless-retry-count': '0' }, body: '{}' };
const decode = (bytes: ArrayBuffer | Uint8Array): string => new TextDecoder().decode(bytes);
const textOf = async (chunks: AsyncIterable<Uint8Array> | null): Promise<string> => {
  let text = '';
  for await (const chunk of chunks ?? []) text += decode(chunk);
  return text;
};

describe('a fault of every reader leaves the caller', () => {
  const ways: Readonly<Record<string, (response: Response) => Promise<string>>> = {
    'text()': (response) => response.text(),
    'json()': async (response) => JSON.stringify(await response.json()),
    'arrayBuffer()': async (response) => decode(await response.arrayBuffer()),
    'blob()': async (response) => (await response.blob()).text(),
    body: (response) => textOf(response.body),
    'clone()': (response) => response.clone().text(),
  };
  it.each(Object.entries(ways))('a whole answer by %s', async (_, read) => {
    const response = await failing({})(`${url}/whole`, ask);
    expect(await read(response)).toBe('{"id":1}');
    await expectReported('complete');
  });

  it('a refusal', async () => {
    const response = await failing({})(`${url}/refused`, ask);
    expect(response.status).toBe(400);
    expect(await response.text()).toBe('{"error":1}');
    await expect.poll(() => receipts).toMatchObject([{ outcome: 'failed' }]);
  });

  describe.each([false, true])('a stream, which may hide events: %s,', (mayHide) => {
    const reader = { relevant: /./, mayHide, read: fail };

    it.each(['/events', '/cut'])('to its end %s', async (path) => {
      const response = await failing({ isStream: true, events: reader })(url + path, ask);
      expect(await textOf(response.body)).toBe(events.join(''));
      await expectReported('partial');
    });

    it('where only the last event fails', async () => {
      const read = (data: unknown): undefined => (data === '[DONE]' ? fail() : undefined);
      const response = await failing({ isStream: true, events: { ...reader, read } })(`${url}/events`, ask);
      expect(await textOf(response.body)).toBe(events.join(''));
      await expectReported('partial');
    });

    it.each(['close', 'drain'] as const)(
      'that is left, under onAbandon %s, and its connection is closed',
      async (policy) => {
        const response = await failing({ isStream: true, events: reader }, policy)(`${url}/open`, ask);
        for await (const _ of response.body ?? []) break;
        await expectReported('partial');
        await expect.poll(() => closed).toBe(1);
      },
    );

    it('that is left before anything was read, and its connection is closed', async () => {
      const read = failing({ isStream: true, events: reader }, 'drain');
      const response = await read(`${url}/open`, ask);
      await response.body?.cancel();
      await expectReported('partial');
      await expect.poll(() => closed).toBe(1);
    });
  });

  it('a stream of which no other response can be made', async () => {
    const odd = (async () => {
      const response = await fetch(`${url}/events`);
      return Object.defineProperty(response, 'statusText', { value: '\u4e16' });
    }) as typeof fetch;
    const settings = {
      ...resolveOptions('test', { payi: createPayi({ route: 'headers', onDiagnostic() {} }) }),
      retries: new Retries(),
    };
    const observed = observedFetch(odd, settings, () => ({
      category: 'system.openai',
      operation: 'o',
      resource: 'r',
      isStream: true,
      readBody: fail,
      events: { relevant: /./, read: fail },
    }));
    const response = await observed(`${url}/events`, ask);
    expect(await textOf(response.body)).toBe(events.join(''));
  });
});
