import Anthropic from '@anthropic-ai/sdk';
import { createPayi, type Diagnostic, type Receipt } from '@payi/core';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it, vi } from 'vitest';
import { withPayi } from '../src/index.ts';
import { question, versionNames, versions } from './clients.ts';
import { type RunningAnthropic, startAnthropic } from './start-anthropic.ts';

const payi = createPayi({ route: 'headers', defaults: { userId: 'u' } });
let provider: RunningAnthropic;

beforeAll(async () => {
  provider = await startAnthropic();
});
afterAll(() => provider.close());

const connect = (): Anthropic =>
  new Anthropic({ apiKey: 'k', baseURL: provider.url, maxRetries: 4, timeout: 40_000 });

describe('withPayi()', () => {
  it.each(versionNames)(
    'gives a client of the same class and leaves the one given as it is, %s',
    async (version) => {
      const seen: string[] = [];
      const plain = new versions[version].Anthropic({
        apiKey: 'k',
        baseURL: provider.url,
        maxRetries: 4,
        middleware: [
          (request, next) => {
            seen.push(request.url);
            return next(request);
          },
        ],
      });
      const before = { ...plain };
      const client = withPayi(plain, { payi });
      expect(client).toBeInstanceOf(versions[version].Anthropic);
      expect(client).toMatchObject({ apiKey: 'k', baseURL: provider.url, maxRetries: 4 });
      expect({ ...plain }).toEqual(before);
      await plain.messages.create(question);
      expect(provider.last().headers).not.toHaveProperty('xproxy-user-id');
      await client.messages.create(question);
      expect(provider.last().headers).toMatchObject({ 'xproxy-user-id': 'u' });
      await client.withOptions({ timeout: 30_000 }).messages.create(question);
      expect(provider.last().headers).toMatchObject({ 'xproxy-user-id': 'u' });
      expect(seen).toHaveLength(3);
    },
  );

  it('keeps the type of the client', () => {
    expectTypeOf(withPayi(connect(), { payi })).toEqualTypeOf<Anthropic>();
  });

  it('says that annotations in the place of headers annotate nothing', async () => {
    const heard: Diagnostic[] = [];
    const payi = createPayi({ route: 'headers', onDiagnostic: (diagnostic) => heard.push(diagnostic) });
    await withPayi(connect(), { payi }).messages.create(question, { headers: { useCaseName: 'chat' } });
    expect(heard).toMatchObject([
      { code: 'INVALID_HEADERS', message: expect.stringContaining('annotate nothing: usecasename') },
    ]);
  });

  it('refuses what createPayi() made in the place of options', () => {
    expect(() => withPayi(connect(), payi as never)).toThrow(
      'route is an option of createPayi(): give withPayi() what that returned, as { payi }',
    );
  });

  it('once more changes nothing, and says so when the options differ', async () => {
    const heard: Diagnostic[] = [];
    const receipts: Receipt[] = [];
    const first = createPayi({
      route: 'headers',
      onReceipt: (receipt) => receipts.push(receipt),
      onDiagnostic: (diagnostic) => heard.push(diagnostic),
    });
    const client = withPayi(connect(), { payi: first });
    expect(withPayi(client, { payi: first })).toBe(client);
    expect(withPayi(client.withOptions({}), { payi: first })).toBeInstanceOf(Anthropic);
    expect(heard).toEqual([]);
    const second = createPayi({ route: 'headers', onDiagnostic: (diagnostic) => heard.push(diagnostic) });
    expect(withPayi(client, { payi: second })).toBe(client);
    expect(heard).toMatchObject([{ code: 'REGISTRATION_IGNORED' }]);
    await client.messages.create(question);
    expect(receipts).toHaveLength(1);
  });

  it.each([
    ['nothing', undefined],
    ['an object', {}],
    [
      'an older client',
      { withOptions() {}, messages: { create() {} }, baseURL: 'https://api.anthropic.com' },
    ],
  ])('refuses %s and names what is missing', (_name, client) => {
    expect(() => withPayi(client as unknown as Anthropic, { payi })).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_CLIENT', adapter: '@payi/anthropic' }),
    );
  });

  it('refuses a platform whose client rewrites requests before middleware, and one without a category', () => {
    const old = { ...members(), awsSecretKey: null, backendMiddleware: () => [] };
    expect(() => withPayi(old as never, { payi })).toThrow(/the middleware of AnthropicBedrock/);
    const aws = { ...members(), awsSecretAccessKey: null, workspaceId: 'w' };
    expect(() => withPayi(aws as never, { payi })).toThrow(/category of Pay-i for AnthropicAws/);
  });

  it('needs a key on routes that report to Pay-i', () => {
    for (const name of ['PAYI_API_KEY', 'ASCERTA_API_KEY']) vi.stubEnv(name, '');
    expect(() => withPayi(connect())).toThrow(expect.objectContaining({ code: 'CONFIGURATION' }));
    expect(() => withPayi(connect(), { payi: createPayi({ route: 'direct' }) })).toThrow(/key/);
    vi.unstubAllEnvs();
  });

  it('goes on without itself when something of ours fails, and says so', async () => {
    const heard: Diagnostic[] = [];
    const onDiagnostic = (diagnostic: Diagnostic): void => {
      heard.push(diagnostic);
    };
    const client = withPayi(connect(), { payi: createPayi({ route: 'headers', onDiagnostic }) });
    let reads = 0;
    const body = {
      ...question,
      get model() {
        reads += 1;
        // The SDK reads it first, to send it.
        if (reads > 1) throw new Error('a trap');
        return question.model;
      },
    };
    expect(await client.post('/v1/messages', { body })).toMatchObject({ id: 'msg_01' });
    expect(heard).toMatchObject([{ code: 'INTERNAL_FAULT', operation: 'messages' }]);
  });
});

function members() {
  const { withOptions, messages, baseURL, middleware } = connect();
  return { withOptions, messages, baseURL, middleware, backendMiddleware: () => [() => {}] };
}
