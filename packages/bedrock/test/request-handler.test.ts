import { BedrockRuntime, BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { createPayi, type Diagnostic, type Route } from '@payi/core';
import { NodeHttp2Handler, NodeHttpHandler } from '@smithy/node-http-handler';
import { describe, expect, it } from 'vitest';
import { type BedrockRegistration, registerBedrockClientCallbacks } from '../src/index.ts';
import { localServers, question } from './local-servers.ts';

const servers = localServers();

const converse = (client: BedrockRuntimeClient) => client.send(new ConverseCommand(question));
const proxied = () => servers.backend.requests.length;

function register(
  client: BedrockRuntimeClient,
  route: Route = 'proxy',
  diagnostics: Diagnostic[] = [],
): BedrockRegistration {
  const { apiKey, url: baseUrl } = servers.backend;
  const onDiagnostic = (diagnostic: Diagnostic): void => void diagnostics.push(diagnostic);
  const payi = createPayi({ route, apiKey, baseUrl, onDiagnostic, delivery: { offline: () => {} } });
  return registerBedrockClientCallbacks(client, 'Converse', { payi });
}

/** A handler around another, as tools put it into a client. */
function wrap(handler: object, seen: unknown[]): never {
  const inner = handler as NodeHttpHandler;
  return {
    metadata: inner.metadata,
    handle: (...call: Parameters<typeof inner.handle>) => {
      // The stand-in asks for the options of a handler by a request that is aborted before it is sent.
      if (call[1]?.abortSignal?.aborted !== true) seen.push(call[0]);
      return inner.handle(...call);
    },
    updateHttpClientConfig: inner.updateHttpClientConfig.bind(inner),
    httpHandlerConfigs: inner.httpHandlerConfigs.bind(inner),
    destroy: () => inner.destroy(),
  } as never;
}

describe('the request handler of a registered client', () => {
  it('is like the caller’s own, and is the caller’s own again afterwards', async () => {
    const own = new NodeHttp2Handler({ requestTimeout: 1234 });
    const client = new BedrockRuntimeClient({ ...servers.bedrock.clientConfig, requestHandler: own });
    const first = register(client);
    const requestHandler = client.config.requestHandler as unknown as NodeHttp2Handler;
    expect(requestHandler).toBeInstanceOf(NodeHttp2Handler);
    expect(requestHandler.metadata).toBe(own.metadata);
    expect(requestHandler.constructor).toBe(NodeHttp2Handler);
    await converse(client);
    expect(requestHandler.httpHandlerConfigs()).toMatchObject({ requestTimeout: 1234 });
    requestHandler.updateHttpClientConfig('requestTimeout' as never, 5678 as never);
    await converse(client);
    expect(own.httpHandlerConfigs()).toMatchObject({ requestTimeout: 5678 });
    first.unregister();
    expect(client.config.requestHandler).toBe(own);
    const before = proxied();
    await converse(client);
    expect(proxied()).toBe(before);
    client.destroy();
  });

  it('is put in place once, however many registrations there are', () => {
    const client = new BedrockRuntimeClient(servers.bedrock.clientConfig);
    const own = client.config.requestHandler;
    const registrations = [register(client), register(client), register(client, 'direct')];
    for (const registration of registrations) registration.unregister();
    expect(client.config.requestHandler).toBe(own);
    client.destroy();
  });

  it('accepts a frozen handler', async () => {
    const inner = new NodeHttpHandler();
    const requestHandler = Object.freeze(wrap(inner, []));
    const client = new BedrockRuntimeClient({ ...servers.bedrock.clientConfig, requestHandler });
    register(client);
    const before = proxied();
    await converse(client);
    expect(proxied()).toBe(before + 1);
    client.destroy();
  });

  it.each([false, true])('goes with a client whose middleware is cached, %s', async (cacheMiddleware) => {
    const client = new BedrockRuntime({ ...servers.bedrock.clientConfig, cacheMiddleware });
    const before = proxied();
    await client.converse(question);
    const registration = register(client);
    await client.converse(question);
    expect(proxied()).toBe(before + 1);
    registration.unregister();
    await client.converse(question);
    expect(proxied()).toBe(before + 1);
    client.destroy();
  });

  it('works on in a second client that it was handed to, without the first one’s calls', async () => {
    const first = new BedrockRuntimeClient(servers.bedrock.clientConfig);
    register(first);
    const second = new BedrockRuntimeClient({
      ...servers.bedrock.clientConfig,
      requestHandler: first.config.requestHandler,
    });
    const before = proxied();
    await converse(second);
    expect(proxied()).toBe(before);
    first.destroy();
  });
});

describe('another tool', () => {
  const inners = { 'HTTP/2': () => new NodeHttp2Handler(), 'HTTP/1.1': () => new NodeHttpHandler() };

  it.each(Object.entries(inners))(
    'that wraps the handler of a registered client, %s, sees each call once',
    async (_, inner) => {
      const seen: unknown[] = [];
      const client = new BedrockRuntimeClient({ ...servers.bedrock.clientConfig, requestHandler: inner() });
      const registration = register(client);
      client.config.requestHandler = wrap(client.config.requestHandler, seen);
      const before = proxied();
      await converse(client);
      expect([seen.length, proxied() - before]).toEqual([1, 1]);
      registration.unregister();
      await converse(client);
      expect([seen.length, proxied() - before]).toEqual([2, 1]);
      client.destroy();
    },
  );

  it('that changes `handle` in place sees each call once', async () => {
    const seen: unknown[] = [];
    const client = new BedrockRuntimeClient(servers.bedrock.clientConfig);
    register(client);
    const { requestHandler } = client.config;
    const { handle } = requestHandler;
    requestHandler.handle = (...call) => {
      seen.push(call[0]);
      return handle.apply(requestHandler, call);
    };
    const before = proxied();
    await converse(client);
    expect([seen.length, proxied() - before]).toEqual([1, 1]);
    client.destroy();
  });

  it('that replaces the handler afterwards does not lead calls past Pay-i', async () => {
    const client = new BedrockRuntimeClient(servers.bedrock.clientConfig);
    register(client);
    client.config.requestHandler = new NodeHttpHandler();
    const before = proxied();
    await converse(client);
    expect(proxied()).toBe(before + 1);
    client.destroy();
  });

  it('whose HTTP/2 handler was there before gives way to Pay-i’s HTTP/1.1, and a diagnostic says so', async () => {
    const seen: unknown[] = [];
    const diagnostics: Diagnostic[] = [];
    const requestHandler = wrap(new NodeHttp2Handler(), seen);
    const client = new BedrockRuntimeClient({ ...servers.bedrock.clientConfig, requestHandler });
    register(client, 'proxy', diagnostics);
    expect(diagnostics.map(({ code }) => code)).toEqual(['HANDLER_BYPASSED']);
    await converse(client);
    expect(seen).toEqual([]);
    client.destroy();
  });
});
