import {
  type Annotations,
  type CapturedContent,
  createHeaders,
  InvalidAnnotationError,
  type Receipt,
  whenSettled,
} from '@payi/core';
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
import { type Sent, surfaces } from '../src/surfaces.ts';

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
    expect(Object.keys(receipt).sort()).toEqual(membersOf('complete', surface.isStream));
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
    expect(Object.keys(receipt).sort()).toEqual(membersOf('complete', surface.isStream));
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
      await readAll(await ask(stage.connect('direct', { capture }), 'plain', loggable));
      const event = await delivered();
      expect(event.provider_request_json).toBe('{"of":"u-42"}');
      expect(Object.keys(event).filter((name) => /response_json|headers/.test(name))).toEqual([]);
      // The body as structured data, whatever the provider calls its parts.
      expect(Object.keys(seen[0]?.request ?? {})).toContain(
        surface.operation === 'responses' ? 'input' : 'messages',
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

  it(`an annotation header written by hand that Pay-i could not read is ${surface.unreadableHeader}`, async () => {
    const requests = stage.backend.requests.length;
    const headers = { ...createHeaders({ userId: 'u-42' }), 'xProxy-UseCase-Version': 'three' };
    const call = ask(stage.connect('proxy'), 'plain', headers);
    if (surface.unreadableHeader === 'thrown') {
      expect(await errorOf(call)).toMatchObject({ code: 'INVALID_ANNOTATION', key: 'useCaseVersion' });
      expect(stage.backend.requests).toHaveLength(requests);
      expect(stage.receipts).toEqual([]);
      return;
    }
    const receipt = await whenSettled(await readAll(await call));
    expect(receipt.annotations).toEqual({ userId: 'u-42' });
    expect(receipt.warnings).toEqual([expect.stringContaining('xproxy-usecase-version')]);
    expect(stage.diagnostics).toMatchObject([{ code: 'INVALID_HEADERS', operation: surface.operation }]);
    expect(stage.backend.requests.at(-1)?.headers).not.toHaveProperty('xproxy-usecase-version');
  });
});
