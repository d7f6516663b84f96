import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Annotations,
  type CapturedContent,
  createHeaders,
  createPayi,
  type Diagnostic,
  InvalidAnnotationError,
  isLimitReached,
  type Outcome,
  type PayiOptions,
  type Receipt,
  type Route,
  receiptOf,
  whenSettled,
} from '@payi/core';
import { type RunningPayi, startPayi } from '@payi/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type Provider,
  type Question,
  questions,
  startApiProvider,
  startBedrockProvider,
  units,
} from '../src/providers.ts';
import { loadSdks, sdkAge } from '../src/sdks.ts';
import { type Connection, type Sent, surfaces } from '../src/surfaces.ts';

const annotations = {
  useCaseName: 'support_chat',
  useCaseId: 'conversation-7',
  useCaseVersion: 3,
  useCaseStep: 'answer',
  useCaseProperties: { channel: 'web' },
  userId: 'u-42',
  accountName: 'Acme, Inc.',
  limitIds: ['team', 'company'],
  requestTags: ['conformance', 'nightly'],
  requestProperties: { ticket: '4711', city: 'Zürich' },
  resourceScope: 'region',
  logPromptAndResponse: false,
} as const satisfies Annotations;
/** As every surface has to send them. */
const annotationHeaders = Object.fromEntries(
  Object.entries(createHeaders(annotations)).map(([name, value]) => [name.toLowerCase(), value]),
);

const always = [
  'annotations',
  'attempts',
  'category',
  'endToEndMs',
  'operation',
  'outcome',
  'properties',
  'resource',
  'startedAt',
  'toolCalls',
  'units',
  'usageSource',
  'warnings',
];
/** The members of a receipt on route `proxy`, by what became of the call. */
const members = {
  complete: [...always, 'cost', 'httpStatus', 'limits', 'providerResponseId', 'requestId'],
  failed: [...always, 'httpStatus', 'limits', 'requestId'],
  blocked: [...always, 'blockedLimitIds', 'httpStatus', 'limits', 'requestId'],
  abortedBeforeAnswer: always,
} as const;

const sdks = await loadSdks();

const xproxy = (headers: Readonly<Record<string, string>> = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('xproxy-')));

describe.each(surfaces)(`$name, ${sdkAge} SDK`, (surface) => {
  const open: (Connection & { readonly finish: () => Promise<unknown> })[] = [];
  let bedrock: Awaited<ReturnType<typeof startBedrockProvider>>;
  let provider: Provider;
  let backend: RunningPayi;
  let receipts: Receipt[] = [];
  let diagnostics: Diagnostic[] = [];

  // Of its own: a provider may write down later what was asked for another surface, and aborted.
  beforeAll(async () => {
    bedrock = await startBedrockProvider();
    provider = surface.provider === 'bedrock' ? bedrock : await startApiProvider();
    backend = await startPayi({
      upstream: { [surface.host]: provider.url },
      limits: [{ id: 'small', max: 0.000_1, type: 'block' }],
    });
  });
  afterAll(() => Promise.all([backend.close(), provider.close(), bedrock.close()]));
  beforeEach(() => {
    receipts = [];
    diagnostics = [];
  });
  afterEach(async () => {
    for (const { close, finish } of open.splice(0)) {
      await finish();
      close();
    }
  });

  function connect(route: Route, capture?: PayiOptions['capture']): Connection {
    const payi = createPayi({
      route,
      apiKey: backend.apiKey,
      baseUrl: backend.url,
      capture,
      delivery: { intervalMs: 1 },
      onReceipt: (receipt) => receipts.push(receipt),
      onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
    });
    const url = route === 'proxy' ? undefined : provider.url;
    const connection = surface.connect(sdks, payi, { url, credentials: bedrock.credentials });
    open.push({ ...connection, finish: () => payi.close() });
    return connection;
  }

  const ask = (
    connection: Connection,
    question: Question = 'plain',
    headers: Record<string, string> = createHeaders(annotations),
    signal?: AbortSignal,
  ): Promise<Sent> => connection.send({ question: questions[question], headers, ...(signal && { signal }) });

  async function readAll({ answer, events }: Sent): Promise<object> {
    for await (const _ of events ?? []);
    return answer;
  }

  /** What the call, or reading its answer, ended with. */
  const errorOf = async (call: Promise<Sent>): Promise<object> => {
    try {
      await readAll(await call);
    } catch (error) {
      return error as object;
    }
    throw new Error('the call succeeded');
  };

  /** The one receipt of the call, which nothing follows. */
  async function onlyReceipt(): Promise<Receipt> {
    await expect.poll(() => receipts.length).toBeGreaterThan(0);
    await sleep(20);
    expect(receipts).toHaveLength(1);
    return receipts[0] as Receipt;
  }

  const membersOf = (kind: keyof typeof members, isStream: boolean): string[] =>
    [...members[kind], ...(isStream ? ['timeToFirstTokenMs'] : [])].sort();

  const isStreamed = surface.isStream;

  it('route proxy: Pay-i gets the annotations, its key and the provider’s address, the provider none of it', async () => {
    const receipt = await whenSettled(await readAll(await ask(connect('proxy'))));
    expect(xproxy(backend.requests.at(-1)?.headers)).toEqual({
      ...annotationHeaders,
      ...surface.proxyHeaders,
      'xproxy-api-key': backend.apiKey,
    });
    expect(xproxy(provider.headers().at(-1))).toEqual({});
    expect(receipt).toMatchObject({
      category: surface.category,
      operation: surface.operation,
      resource: surface.resource,
      annotations,
      outcome: 'complete',
      units,
      usageSource: surface.usageSource,
      limits: { team: 'ok', company: 'ok' },
      httpStatus: 200,
      attempts: 1,
      toolCalls: [],
      warnings: [],
    } satisfies Partial<Record<keyof Receipt, unknown>>);
    expect(receipt.units).toEqual(units);
    expect(receipt.cost?.total).toBeGreaterThan(0);
    // Where the counts are in headers, the body is not looked into.
    const isRead = surface.usageSource !== 'response-headers';
    expect(Object.keys(receipt.properties)).toEqual(isRead ? ['system.stop_reason'] : []);
    expect(Object.keys(receipt).sort()).toEqual(membersOf('complete', isStreamed));
    expect(backend.ledger.at(-1)).toMatchObject({
      requestId: receipt.requestId,
      category: surface.category,
      resource: surface.resource,
      outcome: 'ok',
    });
    expect(await onlyReceipt()).toBe(receipt);
    expect(diagnostics).toEqual([]);
  });

  it('route direct: the provider gets no annotation, Pay-i gets them in an event', async () => {
    const proxied = backend.requests.filter(({ path }) => path.includes('/proxy/')).length;
    const receipt = await whenSettled(await readAll(await ask(connect('direct'))));
    expect(xproxy(provider.headers().at(-1))).toEqual({});
    expect(backend.requests.filter(({ path }) => path.includes('/proxy/'))).toHaveLength(proxied);
    expect(receipt).toMatchObject({
      category: surface.category,
      operation: surface.operation,
      resource: surface.resource,
      annotations,
      outcome: 'complete',
      units,
    });
    expect(Object.keys(receipt).sort()).toEqual(membersOf('complete', isStreamed));
    const { logPromptAndResponse: _, ...told } = annotations;
    expect(backend.ledger.at(-1)).toMatchObject({
      requestId: receipt.requestId,
      operation: 'ingest',
      category: surface.category,
      resource: surface.resource,
      annotations: told,
      units,
      outcome: 'ok',
    });
    expect(await onlyReceipt()).toBe(receipt);
    expect(diagnostics).toEqual([]);
  });

  describe('on route direct, asked for content', () => {
    const loggable = createHeaders({ userId: 'u-42' });
    /** Of the event of the last call. */
    const delivered = async (): Promise<Record<string, unknown>> => {
      await onlyReceipt();
      const request = backend.requests.findLast(({ path }) => path.includes('/ingest'));
      const [event] = JSON.parse(String(request?.body)) as Record<string, unknown>[];
      return event ?? {};
    };
    const names = (headers: unknown): string[] => (headers as { name: string }[]).map(({ name }) => name);

    it('reports prompt, answer and headers, and no credential', async () => {
      await readAll(await ask(connect('direct', true), 'plain', loggable));
      const event = await delivered();
      expect(JSON.stringify(JSON.parse(String(event.provider_request_json)))).toContain(questions.plain);
      const answer = event.provider_response_json;
      expect(Array.isArray(answer)).toBe(isStreamed);
      for (const json of [answer].flat()) expect(JSON.parse(String(json))).toBeInstanceOf(Object);
      expect(String(answer)).toContain('Hi');
      expect(names(event.provider_request_headers)).toContain('content-type');
      expect(names(event.provider_response_headers)).toContain('content-type');
      expect(JSON.stringify(event)).not.toMatch(
        /authorization|api-key|sk-(ant-)?test|azure-test|signature=|security-token|cookie/i,
      );
      expect(diagnostics).toEqual([]);
    });

    it('reports nothing of a call that forbids it', async () => {
      await readAll(await ask(connect('direct', true)));
      const event = await delivered();
      expect(Object.keys(event).filter((name) => /json|headers/.test(name))).toEqual([]);
      // The id is random, and may hold the word by chance.
      expect(JSON.stringify({ ...event, provider_response_id: undefined })).not.toContain('Hi');
    });

    it('reports what a redactor leaves', async () => {
      const seen: CapturedContent[] = [];
      const redact = (content: CapturedContent, { annotations }: Receipt): CapturedContent => {
        seen.push(content);
        return { ...content, request: { of: annotations.userId }, response: undefined };
      };
      const capture = { prompts: true, answers: true, redact };
      await readAll(await ask(connect('direct', capture), 'plain', loggable));
      const event = await delivered();
      expect(event.provider_request_json).toBe('{"of":"u-42"}');
      expect(Object.keys(event).filter((name) => /response_json|headers/.test(name))).toEqual([]);
      // The body as structured data, whatever the provider calls its parts.
      expect(Object.keys(seen[0]?.request ?? {})).toContain(
        surface.operation === 'responses' ? 'input' : 'messages',
      );
    });

    it('reports what the provider said when it refused', async () => {
      await errorOf(ask(connect('direct', { answers: true }), 'refused', loggable));
      const event = await delivered();
      expect(event).not.toHaveProperty('provider_request_json');
      expect(JSON.parse(String(event.provider_response_json))).toBeInstanceOf(Object);
      expect(event.properties).toHaveProperty(['system.failure.description']);
    });
  });

  it('route headers: the client’s own endpoint gets the annotations and nothing else', async () => {
    const requests = backend.requests.length;
    const receipt = await whenSettled(await readAll(await ask(connect('headers'))));
    expect(xproxy(provider.headers().at(-1))).toEqual(annotationHeaders);
    expect(backend.requests).toHaveLength(requests);
    expect(receipt).toMatchObject({ annotations, outcome: 'complete', units });
    expect(receipt).not.toHaveProperty('cost');
    expect(await onlyReceipt()).toBe(receipt);
  });

  it.each<[string, Annotations]>([
    ['userId', { userId: 'two words' }],
    ['limitIds[1]', { limitIds: ['team', 'two,ids'] }],
    ['useCaseVersion', { useCaseVersion: -1 }],
  ])('refuses a bad %s before anything is sent', async (key, bad) => {
    const connection = connect('proxy');
    const requests = backend.requests.length;
    const call = async (): Promise<Sent> => ask(connection, 'plain', createHeaders(bad));
    const error = await errorOf(call());
    expect(error).toBeInstanceOf(InvalidAnnotationError);
    expect(error).toMatchObject({ code: 'INVALID_ANNOTATION', key });
    expect(backend.requests).toHaveLength(requests);
    expect(receipts).toEqual([]);
  });

  it(`an annotation header written by hand that Pay-i could not read is ${surface.unreadableHeader}`, async () => {
    const requests = backend.requests.length;
    const headers = { ...createHeaders({ userId: 'u-42' }), 'xProxy-UseCase-Version': 'three' };
    const call = ask(connect('proxy'), 'plain', headers);
    if (surface.unreadableHeader === 'thrown') {
      expect(await errorOf(call)).toMatchObject({ code: 'INVALID_ANNOTATION', key: 'useCaseVersion' });
      expect(backend.requests).toHaveLength(requests);
      expect(receipts).toEqual([]);
      return;
    }
    const receipt = await whenSettled(await readAll(await call));
    expect(receipt.annotations).toEqual({ userId: 'u-42' });
    expect(receipt.warnings).toEqual([expect.stringContaining('xproxy-usecase-version')]);
    expect(diagnostics).toMatchObject([{ code: 'INVALID_HEADERS', operation: surface.operation }]);
    expect(backend.requests.at(-1)?.headers).not.toHaveProperty('xproxy-usecase-version');
  });

  it('a call beyond its limit is known as such by its error, and has a receipt', async () => {
    const connection = connect('proxy');
    const headers = createHeaders({ ...annotations, limitIds: ['small'] });
    expect(await whenSettled(await readAll(await ask(connection, 'plain', headers)))).toMatchObject({
      limits: { small: 'overrun' },
    });
    receipts = [];
    const asked = provider.headers().length;
    const error = await errorOf(ask(connection, 'plain', headers));
    expect(isLimitReached(error)).toBe(true);
    expect(provider.headers()).toHaveLength(asked);
    const receipt = await onlyReceipt();
    expect(receipt).toMatchObject({
      category: surface.category,
      operation: surface.operation,
      resource: surface.resource,
      annotations: { ...annotations, limitIds: ['small'] },
      outcome: 'blocked',
      units: {},
      usageSource: 'none',
      blockedLimitIds: ['small'],
      limits: { small: 'blocked' },
      httpStatus: 400,
      attempts: 1,
    });
    expect(Object.keys(receipt).sort()).toEqual(membersOf('blocked', false));
    expect(receiptOf(error)).toBe(receipt);
    expect(receipt.requestId).toBe(backend.ledger.at(-1)?.requestId);
  });

  it.each<Route>(['proxy', 'direct', 'headers'])(
    'is one call, of two attempts, when the provider is busy once, route %s',
    async (route) => {
      provider.failNext();
      const receipt = await whenSettled(await readAll(await ask(connect(route))));
      expect(receipt).toMatchObject({ outcome: 'complete', units, attempts: 2, httpStatus: 200 });
      expect(xproxy(provider.headers().at(-1))).toEqual(route === 'headers' ? annotationHeaders : {});
      expect(await onlyReceipt()).toBe(receipt);
    },
  );

  it.each<Route>(['proxy', 'direct', 'headers'])(
    'is failed when the provider refuses, route %s',
    async (route) => {
      const error = await errorOf(ask(connect(route), 'refused'));
      expect(isLimitReached(error)).toBe(false);
      const receipt = await onlyReceipt();
      expect(receipt).toMatchObject({
        outcome: 'failed',
        annotations,
        units: {},
        usageSource: 'none',
        httpStatus: 400,
        attempts: 1,
      });
      if (route === 'proxy') expect(Object.keys(receipt).sort()).toEqual(membersOf('failed', false));
      // `logPromptAndResponse: false` keeps the provider's words out of it.
      expect(Object.keys(receipt.properties)).toEqual(['system.failure']);
      expect(receiptOf(error)).toBe(receipt);
    },
  );

  if (!isStreamed) {
    it('is failed when its caller aborts before the answer', async () => {
      const leave = new AbortController();
      const before = backend.requests.length;
      const call = errorOf(ask(connect('proxy'), 'slow', undefined, leave.signal));
      await expect.poll(() => backend.requests.length).toBe(before + 1);
      leave.abort();
      await call;
      const receipt = await onlyReceipt();
      expect(receipt).toMatchObject({ outcome: 'failed', units: {}, usageSource: 'none', attempts: 1 });
      expect(Object.keys(receipt).sort()).toEqual(membersOf('abortedBeforeAnswer', false));
    });
    return;
  }

  /** How a stream may end before its end, and what it leaves. */
  const endings: Record<string, (connection: Connection) => Promise<unknown>> = {
    'its reader breaks out of the loop': async (connection) => {
      let events = 0;
      for await (const _ of (await ask(connection, 'slow')).events ?? []) {
        events += 1;
        if (events === 8) break;
      }
    },
    'its reader throws': async (connection) => {
      let events = 0;
      for await (const _ of (await ask(connection, 'slow')).events ?? []) {
        events += 1;
        if (events === 8) throw new Error('mine');
      }
    },
    'its caller aborts': async (connection) => {
      const leave = new AbortController();
      let events = 0;
      for await (const _ of (await ask(connection, 'slow', undefined, leave.signal)).events ?? []) {
        events += 1;
        if (events === 8) leave.abort();
      }
    },
    'it breaks off': async (connection) => readAll(await ask(connection, 'cut')),
  };
  const partial = Object.keys(endings).flatMap((ending) =>
    (['proxy', 'direct', 'headers'] as const).map((route) => ({ ending, route })),
  );

  it.each(partial)('is partial when $ending, route $route', async ({ ending, route }) => {
    await endings[ending]?.(connect(route)).catch(() => {});
    const receipt = await onlyReceipt();
    expect(receipt).toMatchObject({
      category: surface.category,
      operation: surface.operation,
      resource: surface.resource,
      annotations,
      outcome: 'partial' satisfies Outcome,
      httpStatus: 200,
      attempts: 1,
      timeToFirstTokenMs: expect.any(Number),
    });
    expect(receipt.warnings.length + Object.keys(receipt.properties).length).toBeGreaterThan(0);
  });
});
