import {
  type Annotations,
  type CapturedContent,
  createHeaders,
  headerNames,
  InvalidAnnotationError,
  isPayiError,
  parseHeaders,
  type Receipt,
  whenSettled,
} from '@payi/core';
import { track } from '@payi/core/context';
import { describe, expect, it } from 'vitest';
import { type Provider, providers, questions, units } from '../src/providers.ts';
import { sdkAge } from '../src/sdks.ts';
import {
  annotationHeaders,
  annotations,
  ask,
  errorOf,
  membersOf,
  readAll,
  Stage,
  xproxy,
} from '../src/stage.ts';
import type { Sent } from '../src/surface.ts';
import { surfaces } from '../src/surfaces.ts';

describe.each(surfaces)(`$name, ${sdkAge} SDK`, (surface) => {
  const stage = new Stage<Provider>(surface, providers[surface.provider]);

  it('route proxy: Pay-i gets the annotations, its key and the provider’s address, the provider none of it', async () => {
    const receipt = await whenSettled(await readAll(await ask(stage.connect('proxy'))));
    expect(xproxy(stage.backend.requests.at(-1)?.headers)).toEqual({
      ...annotationHeaders,
      ...surface.proxyHeaders,
      'xproxy-api-key': stage.backend.apiKey,
    });
    expect(xproxy(stage.provider.headers().at(-1))).toEqual({});
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
    expect(Object.keys(receipt).sort()).toEqual(membersOf('complete', surface));
    expect(stage.backend.ledger.at(-1)).toMatchObject({
      requestId: receipt.requestId,
      category: surface.category,
      resource: surface.resource,
      outcome: 'ok',
    });
    expect(await stage.onlyReceipt()).toBe(receipt);
    expect(stage.diagnostics).toEqual([]);
  });

  it('route direct: the provider gets no annotation, Pay-i gets them in an event', async () => {
    const proxied = stage.backend.requests.filter(({ path }) => path.includes('/proxy/')).length;
    const receipt = await whenSettled(await readAll(await ask(stage.connect('direct'))));
    expect(xproxy(stage.provider.headers().at(-1))).toEqual({});
    expect(stage.backend.requests.filter(({ path }) => path.includes('/proxy/'))).toHaveLength(proxied);
    expect(receipt).toMatchObject({
      category: surface.category,
      operation: surface.operation,
      resource: surface.resource,
      annotations,
      outcome: 'complete',
      units,
    });
    expect(Object.keys(receipt).sort()).toEqual(membersOf('complete', surface));
    const { logPromptAndResponse: _, ...told } = annotations;
    expect(stage.backend.ledger.at(-1)).toMatchObject({
      requestId: receipt.requestId,
      operation: 'ingest',
      category: surface.category,
      resource: surface.resource,
      annotations: told,
      units,
      outcome: 'ok',
    });
    expect(await stage.onlyReceipt()).toBe(receipt);
    expect(stage.diagnostics).toEqual([]);
  });

  describe('on route direct, asked for content', () => {
    const loggable = createHeaders({ userId: 'u-42' });
    /** Of the event of the last call. */
    const delivered = async (): Promise<Record<string, unknown>> => {
      await stage.onlyReceipt();
      const request = stage.backend.requests.findLast(({ path }) => path.includes('/ingest'));
      const [event] = JSON.parse(String(request?.body)) as Record<string, unknown>[];
      return event ?? {};
    };
    const names = (headers: unknown): string[] => (headers as { name: string }[]).map(({ name }) => name);

    it('reports prompt, answer and headers, and no credential', async () => {
      await readAll(await ask(stage.connect('direct', { capture: true }), 'plain', loggable));
      const event = await delivered();
      expect(JSON.stringify(JSON.parse(String(event.provider_request_json)))).toContain(questions.plain);
      const answer = event.provider_response_json;
      expect(Array.isArray(answer)).toBe(surface.isStream);
      for (const json of [answer].flat()) expect(JSON.parse(String(json))).toBeInstanceOf(Object);
      expect(String(answer)).toContain('Hi');
      expect(names(event.provider_request_headers)).toContain('content-type');
      expect(names(event.provider_response_headers)).toContain('content-type');
      expect(JSON.stringify(event)).not.toMatch(
        /authorization|api-key|sk-(ant-)?test|azure-test|signature=|security-token|cookie/i,
      );
      expect(stage.diagnostics).toEqual([]);
    });

    it('reports nothing of a call that forbids it', async () => {
      await readAll(await ask(stage.connect('direct', { capture: true })));
      const event = await delivered();
      expect(Object.keys(event).filter((name) => /json|headers/.test(name))).toEqual([]);
      // Ids are random, and may hold the word by chance.
      const properties = { ...(event.properties as object), 'system.provider_response_id': undefined };
      expect(JSON.stringify({ ...event, provider_response_id: undefined, properties })).not.toContain('Hi');
    });

    it('reports what a redactor leaves', async () => {
      const seen: CapturedContent[] = [];
      const redact = (content: CapturedContent, { annotations }: Receipt): CapturedContent => {
        seen.push(content);
        return { ...content, request: { of: annotations.userId }, response: undefined };
      };
      const capture = { prompts: true, answers: true, redact };
      await readAll(await ask(stage.connect('direct', { capture }), 'plain', loggable));
      const event = await delivered();
      expect(event.provider_request_json).toBe('{"of":"u-42"}');
      expect(Object.keys(event).filter((name) => /response_json|headers/.test(name))).toEqual([]);
      // The body as structured data, whatever the provider calls its parts.
      expect(Object.keys(seen[0]?.request ?? {})).toContain(
        surface.questionMember ?? (surface.operation === 'responses' ? 'input' : 'messages'),
      );
    });

    it('reports what the provider said when it refused', async () => {
      await errorOf(ask(stage.connect('direct', { capture: { answers: true } }), 'refused', loggable));
      const event = await delivered();
      expect(event).not.toHaveProperty('provider_request_json');
      expect(JSON.parse(String(event.provider_response_json))).toBeInstanceOf(Object);
      expect(event.properties).toHaveProperty(['system.failure.description']);
    });
  });

  it('route headers: the client’s own endpoint gets the annotations and nothing else', async () => {
    const requests = stage.backend.requests.length;
    const receipt = await whenSettled(await readAll(await ask(stage.connect('headers'))));
    expect(xproxy(stage.provider.headers().at(-1))).toEqual(annotationHeaders);
    expect(stage.backend.requests).toHaveLength(requests);
    expect(receipt).toMatchObject({ annotations, outcome: 'complete', units });
    expect(receipt).not.toHaveProperty('cost');
    expect(await stage.onlyReceipt()).toBe(receipt);
  });

  it.each<[string, Annotations]>([
    ['userId', { userId: 'two words' }],
    ['limitIds[1]', { limitIds: ['team', 'two,ids'] }],
    ['useCaseVersion', { useCaseVersion: -1 }],
  ])('refuses a bad %s before anything is sent', async (key, bad) => {
    const connection = stage.connect('proxy');
    const requests = stage.backend.requests.length;
    const call = async (): Promise<Sent> => ask(connection, 'plain', createHeaders(bad));
    const error = await errorOf(call());
    expect(error).toBeInstanceOf(InvalidAnnotationError);
    expect(error).toMatchObject({ code: 'INVALID_ANNOTATION', key });
    expect(stage.backend.requests).toHaveLength(requests);
    expect(stage.receipts).toEqual([]);
  });

  describe.each(['proxy', 'headers'] as const)('on route %s, what a header cannot carry', (route) => {
    const requests = (): readonly Readonly<Record<string, unknown>>[] =>
      route === 'proxy' ? stage.backend.requests.map(({ headers }) => headers) : stage.provider.headers();
    const context: Annotations = { accountName: 'Müller GmbH', requestTags: ['two words', 'ok'] };
    const byHand = { ...createHeaders({ useCaseStep: 'answer' }), 'xProxy-UseCase-Version': 'three' };
    const toldOf = (how: string, field: string): unknown =>
      expect.stringMatching(new RegExp(`^annotation ${how}: ${field}`));

    it.each<[string, string, Annotations, Record<string, string>]>([
      ['accountName', 'HEADER_ENCODING', { accountName: 'Müller GmbH' }, {}],
      [
        'requestTags[0]',
        'INVALID_ANNOTATION',
        { requestTags: ['two words'] },
        createHeaders({ userId: 'u' }),
      ],
      ['useCaseVersion', 'INVALID_ANNOTATION', { userId: 'u' }, byHand],
      ['accountName', 'HEADER_ENCODING', {}, { 'xProxy-Account-Name': 'Müller GmbH' }],
    ])('refuses the call once, with an error that names %s (%s)', async (key, code, around, headers) => {
      const connection = stage.connect(route);
      const before = requests().length;
      const error = await errorOf(track(around, () => ask(connection, 'plain', headers)));
      expect(error).toSatisfy(isPayiError);
      expect(error).toMatchObject({ code, key });
      expect(requests()).toHaveLength(before);
      expect(stage.receipts).toEqual([]);
      expect(stage.diagnostics).toEqual([]);
    });

    it('is folded where that is asked for, and told in the receipt', async () => {
      const connection = stage.connect(route, { invalidAnnotations: 'fold' });
      const call = track(context, () => ask(connection, 'plain', byHand));
      const { annotations: carried, warnings } = await whenSettled(await readAll(await call));
      const sent: Annotations = {
        accountName: 'Muller GmbH',
        requestTags: ['two_words', 'ok'],
        useCaseStep: 'answer',
      };
      expect(carried).toEqual(sent);
      expect(parseHeaders(requests().at(-1) as Record<string, string>)).toMatchObject(sent);
      expect(requests().at(-1)).not.toHaveProperty('xproxy-usecase-version');
      expect([...warnings].sort()).toEqual([
        toldOf('folded', 'accountName'),
        toldOf('folded', 'requestTags'),
        toldOf('left out', 'useCaseVersion'),
      ]);
      expect(warnings.join()).not.toMatch(/M.ller|two|three/);
    });

    it('is left out where that is asked for, and told in the receipt', async () => {
      const connection = stage.connect(route, { invalidAnnotations: 'leave-out' });
      const call = track(context, () => ask(connection, 'plain', byHand));
      const { annotations: carried, warnings } = await whenSettled(await readAll(await call));
      expect(carried).toEqual({ useCaseStep: 'answer' });
      for (const field of ['accountName', 'requestTags', 'useCaseVersion'] as const) {
        expect(requests().at(-1)).not.toHaveProperty(headerNames[field].toLowerCase());
        expect(warnings).toContainEqual(toldOf('left out', field));
      }
      expect(warnings).toHaveLength(3);
    });

    it.each(['refuse', 'fold'] as const)(
      'does not matter where the call overrides it, %s',
      async (policy) => {
        const connection = stage.connect(route, { invalidAnnotations: policy });
        const headers = createHeaders({ accountName: 'Acme', requestTags: ['ok'] });
        const call = track(context, () => ask(connection, 'plain', headers));
        const receipt = await whenSettled(await readAll(await call));
        expect(receipt.annotations).toEqual({ accountName: 'Acme', requestTags: ['ok'] });
        expect(receipt.warnings).toEqual([]);
      },
    );
  });

  it('on route direct, any text of the context and of the call reaches the event', async () => {
    const connection = stage.connect('direct');
    const call = track({ accountName: 'Müller GmbH 東京', useCaseStep: ' two\nlines ' }, () =>
      ask(connection, 'plain', { 'xProxy-User-ID': 'Jané Doe' }),
    );
    const { annotations: carried, warnings } = await whenSettled(await readAll(await call));
    const expected = { accountName: 'Müller GmbH 東京', useCaseStep: ' two\nlines ', userId: 'Jané Doe' };
    expect(carried).toEqual(expected);
    expect(stage.backend.ledger.at(-1)).toMatchObject({ operation: 'ingest', annotations: expected });
    expect(warnings).toEqual([]);
  });

  it('on route direct, a header that is no annotation of its type follows the same policy', async () => {
    const headers = { 'xProxy-UseCase-Version': 'three', 'xProxy-User-ID': 'u' };
    const before = stage.provider.headers().length;
    expect(await errorOf(ask(stage.connect('direct'), 'plain', headers))).toMatchObject({
      code: 'INVALID_ANNOTATION',
      key: 'useCaseVersion',
    });
    expect(stage.provider.headers()).toHaveLength(before);
    const connection = stage.connect('direct', { invalidAnnotations: 'leave-out' });
    const receipt = await whenSettled(await readAll(await ask(connection, 'plain', headers)));
    expect(receipt.annotations).toEqual({ userId: 'u' });
    expect(receipt.warnings).toEqual([expect.stringContaining('useCaseVersion')]);
  });
});
