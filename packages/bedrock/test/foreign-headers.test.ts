import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import {
  createHeaders,
  createPayi,
  type Diagnostic,
  type PayiOptions,
  type Receipt,
  type Route,
} from '@payi/core';
import { track } from '@payi/core/context';
import { describe, expect, it } from 'vitest';
import { registerBedrockClientCallbacks } from '../src/index.ts';
import { localServers, question } from './local-servers.ts';

// Frameworks and applications put headers on requests with middleware of their own, most of them before the signer.

const servers = localServers();

const routes: readonly Route[] = ['proxy', 'direct', 'headers'];
interface Place {
  readonly step: 'serialize' | 'build' | 'finalizeRequest' | 'deserialize';
  readonly priority?: 'low';
}
/** What the stacks of all commands take. */
type Middleware = (next: (args: Sent) => Promise<never>) => (args: Sent) => Promise<never>;
interface Sent {
  readonly request: { readonly headers: Record<string, string> };
}
interface Stack {
  add(middleware: Middleware, place: Place): void;
  addRelativeTo(middleware: Middleware, place: { relation: 'before'; toMiddleware: string }): void;
}
const places: Record<string, Place> = {
  'in serialize': { step: 'serialize' },
  'in build': { step: 'build' },
  'at the end of build': { step: 'build', priority: 'low' },
  'after the signer': { step: 'finalizeRequest', priority: 'low' },
  'in deserialize': { step: 'deserialize' },
};

function open(route: Route, options: PayiOptions = {}) {
  const receipts: Receipt[] = [];
  const diagnostics: Diagnostic[] = [];
  const { apiKey, url: baseUrl } = servers.backend;
  const client = new BedrockRuntimeClient({ ...servers.bedrock.clientConfig, maxAttempts: 3 });
  registerBedrockClientCallbacks(client, 'Converse', {
    payi: createPayi({
      route,
      apiKey,
      baseUrl,
      defaults: { accountName: 'default', userId: 'default' },
      delivery: { offline: () => {} },
      onReceipt: (receipt) => receipts.push(receipt),
      onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
      ...options,
    }),
  });
  const stack = client.middlewareStack as unknown as Stack;
  const add = (headers: Record<string, string>, place: Place): void =>
    stack.add(
      (next) => (args) => {
        Object.assign(args.request.headers, headers);
        return next(args);
      },
      place,
    );
  const send = (extraHeaders?: Record<string, string>) =>
    client.send(new ConverseCommand({ ...question, ...(extraHeaders && { extraHeaders }) }));
  return { client, stack, receipts, diagnostics, add, send };
}

const payiHeaders = (headers: Readonly<Record<string, string>> = {}) =>
  Object.keys(headers).filter((name) => name.toLowerCase().startsWith('xproxy-'));

describe.each(routes)('on route %s, xProxy headers that others put on a request', (route) => {
  it.each(Object.entries(places))('%s are annotations, and the signature is right', async (_, place) => {
    const { client, receipts, diagnostics, add, send } = open(route);
    add(createHeaders({ userId: 'of the framework'.replaceAll(' ', '-'), requestTags: ['one'] }), place);
    servers.bedrock.answerNext({ error: { type: 'ThrottlingException' } });
    await send();
    await expect.poll(() => receipts.length).toBe(1);
    expect(receipts).toMatchObject([
      {
        annotations: { accountName: 'default', userId: 'of-the-framework', requestTags: ['one'] },
        attempts: 2,
      },
    ]);
    const { signature, headers } = servers.bedrock.requests.at(-1) as NonNullable<
      (typeof servers.bedrock.requests)[0]
    >;
    expect(signature.valid).toBe(true);
    expect(payiHeaders(headers)).toHaveLength(route === 'headers' ? 3 : 0);
    expect(headers.authorization).not.toContain('xproxy-');
    expect(diagnostics).toEqual([]);
    client.destroy();
  });

  it('lie under the context and extraHeaders', async () => {
    const { client, receipts, add, send } = open(route);
    add(createHeaders({ userId: 'framework', accountName: 'framework', useCaseStep: 'framework' }), {
      step: 'build',
    });
    await track({ userId: 'context', accountName: 'context' }, () => send(createHeaders({ userId: 'call' })));
    await expect.poll(() => receipts.length).toBe(1);
    expect(receipts).toMatchObject([
      { annotations: { userId: 'call', accountName: 'context', useCaseStep: 'framework' } },
    ]);
    client.destroy();
  });

  it('refuse the call before it is sent when Pay-i could not read them', async () => {
    const { client, receipts, add, send } = open(route);
    add({ 'xProxy-UseCase-Version': 'three' }, { step: 'build' });
    const before = servers.bedrock.requests.length;
    await expect(send()).rejects.toMatchObject({ code: 'INVALID_ANNOTATION' });
    expect([servers.bedrock.requests.length - before, receipts.length]).toEqual([0, 0]);
    client.destroy();
  });

  it('are mended where that is asked for, with what the context and the call say', async () => {
    const { client, receipts, add, send } = open(route, { invalidAnnotations: 'fold' });
    add({ 'xProxy-User-ID': 'with a blank', 'xProxy-UseCase-Version': 'three' }, { step: 'build' });
    await track({ accountName: 'Müller' }, () => send(createHeaders({ useCaseStep: 'answer' })));
    await expect.poll(() => receipts.length).toBe(1);
    const folded = { userId: 'with_a_blank', accountName: 'Muller' };
    const asItIs = { userId: 'with a blank', accountName: 'Müller' };
    const sent = route === 'direct' ? asItIs : folded;
    expect(receipts[0]?.annotations).toEqual({ ...sent, useCaseStep: 'answer' });
    expect(receipts[0]?.warnings).toHaveLength(route === 'direct' ? 1 : 3);
    expect(servers.bedrock.requests.at(-1)?.signature.valid).toBe(true);
    client.destroy();
  });

  it('cannot set Pay-i’s key or the provider’s address', async () => {
    const { client, add, send } = open(route);
    add(
      { 'xproxy-api-key': 'another', 'xProxy-Provider-BaseUri': 'https://evil.example' },
      { step: 'build' },
    );
    await send();
    expect(servers.bedrock.requests.at(-1)?.signature.valid).toBe(true);
    expect(payiHeaders(servers.bedrock.requests.at(-1)?.headers).sort()).toEqual(
      route === 'headers' ? ['xproxy-account-name', 'xproxy-user-id'] : [],
    );
    client.destroy();
  });

  it('stay as they are, with a diagnostic, when they are signed all the same', async () => {
    const { client, stack, receipts, diagnostics, send } = open(route);
    stack.addRelativeTo(
      (next) => (args) => {
        args.request.headers['xproxy-user-id'] = 'late';
        return next(args);
      },
      { relation: 'before', toMiddleware: 'httpSigningMiddleware' },
    );
    await send().catch(() => {});
    expect(diagnostics).toMatchObject([{ code: 'INVALID_HEADERS' }]);
    await expect.poll(() => receipts.length).toBe(1);
    expect(receipts[0]?.warnings.join()).toContain('xproxy-user-id');
    if (route !== 'proxy') expect(servers.bedrock.requests.at(-1)?.signature.valid).toBe(true);
    client.destroy();
  });
});
