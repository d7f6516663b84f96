import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { withPayi as withPayiAnthropic } from '@payi/anthropic';
import {
  createPayi,
  type Diagnostic,
  InvalidAnnotationError,
  type Payi,
  type PayiOptions,
  type Route,
} from '@payi/core';
import { withPayi as withPayiOpenAI } from '@payi/openai';
import { listen, startPayi } from '@payi/testkit';
import { FetchHttpHandler } from '@smithy/fetch-http-handler';
import { afterEach, describe, expect, it } from 'vitest';
import { runDoctor } from '../../../packages/doctor/test/run-doctor.ts';
import { createManagement } from '../../../packages/management/src/index.ts';
import { providers } from '../src/providers.ts';
import { loadSdks, sdkAge } from '../src/sdks.ts';
import { ask, errorOf, readAll } from '../src/stage.ts';
import type { Surface } from '../src/surface.ts';
import { streamSurfaces, surfaces } from '../src/surfaces.ts';

const sdks = await loadSdks();
const apiKey = 'payi-key-of-this-test';
const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret', bearerToken: 'token' };
const transports = [...new Set([...surfaces, ...streamSurfaces])];

interface Seen {
  readonly url: string;
  /** Each as text: address, headers and body. */
  readonly requests: string[];
}
type Answer = (path: string) => { readonly status: number; readonly location?: string };

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A server that keeps what it gets, and answers nothing that helps. */
async function record(answer: Answer = () => ({ status: 404 })): Promise<Seen> {
  const requests: string[] = [];
  const server = await listen(async (request, response) => {
    const { status, location } = answer(request.url ?? '');
    let body = '';
    for await (const chunk of request) body += chunk;
    requests.push(inspect({ url: request.url, headers: request.headers, body }));
    response.writeHead(status, { 'content-type': 'application/json', ...(location && { location }) });
    response.end('{}');
  });
  closing.push(() => server.close());
  return { url: server.url, requests };
}

interface Place {
  readonly elsewhere: Seen;
  /** In the place of Pay-i. It sends everybody elsewhere. */
  readonly front: Seen;
  readonly payi: Payi;
  readonly diagnostics: Diagnostic[];
}

async function open(route: Route, status = 307, options: PayiOptions = {}): Promise<Place> {
  const elsewhere = await record();
  const front = await record((path) => ({ status, location: elsewhere.url + path }));
  const diagnostics: Diagnostic[] = [];
  const payi = createPayi({
    apiKey,
    baseUrl: front.url,
    route,
    onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
    onReceipt: () => {},
    delivery: { intervalMs: 1, minRetryMs: 1, maxRetryMs: 1 },
    ...options,
  });
  closing.push(() => payi.close({ timeoutMs: 50 }));
  return { elsewhere, front, payi, diagnostics };
}

const withKey = ({ requests }: Seen): string[] => requests.filter((request) => request.includes(apiKey));

/** Whether the bare SDK follows redirects: those over `fetch` do, but for newer versions of Azure's client. */
function follows({ name, provider }: Surface): boolean {
  if (name.startsWith('AzureOpenAI')) return sdkAge === 'oldest';
  // Seen under Node.js 22: this call ends at the redirect.
  if (name === 'Bedrock ConverseStream over fetch') return !process.version.startsWith('v22.');
  return provider !== 'bedrock' || /AnthropicBedrock|(?:over|before) fetch/.test(name);
}

/** Whether the SDK's error has the status of a redirect that is not followed. */
const statesRedirect = ({ provider }: Surface): boolean => provider === 'openai' || provider === 'anthropic';

describe.each(transports)('$name', (surface) => {
  it('on route proxy takes key and prompt to no place that a redirect points to, and says so', async () => {
    const { elsewhere, front, payi, diagnostics } = await open('proxy');
    const { send, close } = surface.connect(sdks, { payi }, { url: undefined, credentials });
    closing.push(close);
    const error = await errorOf(send({ question: 'hello', headers: {} }));
    expect(error).toMatchObject(statesRedirect(surface) ? { status: 307 } : {});
    expect(withKey(front)).toHaveLength(1);
    expect(elsewhere.requests).toEqual([]);
    expect(diagnostics).toMatchObject([{ code: 'REDIRECT_REFUSED' }]);
    expect(diagnostics[0]?.message).toContain(`${front.url} redirects to ${elsewhere.url}.`);
  });

  it.each(['direct', 'headers'] as const)(
    'on route %s takes no key to the provider, nor where it redirects',
    async (route) => {
      const { elsewhere, front, payi, diagnostics } = await open(route);
      const gone = await record();
      const provider = await record((path) => ({ status: 307, location: gone.url + path }));
      const { send, close } = surface.connect(sdks, { payi }, { url: provider.url, credentials });
      closing.push(close);
      await errorOf(send({ question: 'hello', headers: { 'x-trace': '1' } }));
      expect(provider.requests.length).toBeGreaterThan(0);
      expect(gone.requests.length > 0).toBe(follows(surface));
      for (const server of [provider, gone]) expect(withKey(server)).toEqual([]);
      if (route === 'direct') {
        expect(String([...provider.requests, ...gone.requests])).not.toMatch(/xproxy-/i);
        // Delivery has the key, and does not follow either.
        await expect.poll(() => withKey(front).length).toBeGreaterThan(0);
      } else expect(front.requests).toEqual([]);
      expect(elsewhere.requests).toEqual([]);
      expect(diagnostics.filter(({ code }) => code !== 'DELIVERY_FAILED')).toEqual([]);
    },
  );

  it.each(['proxy', 'direct', 'headers'] as const)(
    'on route %s refuses a header that says where Pay-i sends the credentials',
    async (route) => {
      const { front, payi, diagnostics } = await open(route);
      const provider = await record();
      const { send, close } = surface.connect(sdks, { payi }, { url: provider.url, credentials });
      closing.push(close);
      const headers = { 'xproxy-provider-baseuri': 'https://elsewhere.example' };
      const error = await errorOf(send({ question: 'hello', headers }));
      expect(error).toBeInstanceOf(InvalidAnnotationError);
      expect(error).toMatchObject({ message: expect.stringMatching(/aseuri"\] is reserved/i) });
      expect([...front.requests, ...provider.requests, ...diagnostics]).toEqual([]);
    },
  );

  it.runIf(surface.provider !== 'bedrock' && follows(surface))(
    'follows a redirect of Pay-i within its own address',
    async () => {
      const provider = await providers[surface.provider]();
      const backend = await startPayi({ apiKey, upstream: { [surface.host]: provider.url } });
      closing.push(
        () => backend.close(),
        () => provider.close(),
      );
      const front = await listen(async (request, response) => {
        const { url = '', method = '', headers } = request;
        const parts: Uint8Array[] = [];
        for await (const part of request) parts.push(part as Uint8Array);
        if (!url.startsWith('/moved')) {
          response.writeHead(308, { location: `/moved${url}` });
          response.end();
          return;
        }
        const { host: _, 'content-length': __, ...kept } = headers as Record<string, string>;
        const target = backend.url + url.slice('/moved'.length);
        const answer = await fetch(target, { method, headers: kept, body: Buffer.concat(parts) });
        response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
        response.end(await answer.text());
      });
      closing.push(() => front.close());
      const diagnostics: Diagnostic[] = [];
      const onDiagnostic = (diagnostic: Diagnostic): void => void diagnostics.push(diagnostic);
      const payi = createPayi({ apiKey, baseUrl: front.url, onDiagnostic });
      const connection = surface.connect(sdks, { payi }, { url: undefined, credentials });
      await readAll(await ask(connection, 'plain', {}));
      expect(backend.ledger).toMatchObject([{ outcome: 'ok' }]);
      expect(diagnostics).toEqual([]);
    },
  );
});

describe('requests that are not metered', () => {
  const clients: Readonly<Record<string, (url: string, payi: Payi) => Promise<unknown>>> = {
    'an absolute address, OpenAI': async (url, payi) => {
      const client = withPayiOpenAI(new sdks.OpenAI({ apiKey: 'k', maxRetries: 0 }), { payi });
      await client.get(`${url}/api/v1/proxy/openai/v1/models`);
    },
    'pointed at Pay-i by hand, OpenAI': async (url, payi) => {
      const options = { apiKey: 'k', baseURL: `${url}/api/v1/proxy/openai/v1`, maxRetries: 0 };
      await withPayiOpenAI(new sdks.OpenAI(options), { payi }).models.list();
    },
    'pointed at Pay-i by hand, Anthropic': async (url, payi) => {
      const defaultHeaders = { 'xProxy-Api-Key': apiKey };
      const options = {
        apiKey: 'k',
        baseURL: `${url}/api/v1/proxy/anthropic`,
        maxRetries: 0,
        defaultHeaders,
      };
      await withPayiAnthropic(new sdks.Anthropic(options), { payi }).models.list();
    },
  };
  it.each(Object.entries(clients))('%s: the key follows no redirect', async (_, call) => {
    for (const status of [301, 302, 303, 307, 308]) {
      const { elsewhere, front, payi, diagnostics } = await open('proxy', status);
      await expect(call(front.url, payi)).rejects.toMatchObject({ status });
      expect(withKey(front)).toHaveLength(1);
      expect(elsewhere.requests).toEqual([]);
      expect(diagnostics).toMatchObject([{ code: 'REDIRECT_REFUSED' }]);
    }
  });

  it('do not turn back to where they come from for ever', async () => {
    const front = await record(() => ({ status: 307, location: '/again' }));
    const payi = createPayi({ apiKey, baseUrl: front.url, onDiagnostic: () => {} });
    const client = withPayiOpenAI(new sdks.OpenAI({ apiKey: 'k', maxRetries: 0 }), { payi });
    await expect(client.get(`${front.url}/models`)).rejects.toMatchObject({ status: 307 });
    expect(front.requests).toHaveLength(21);
  });
});

it('a browser, which hides where a redirect leads, gives an error of the SDK and the diagnostic', async () => {
  const { payi, diagnostics } = await open('proxy');
  const opaque = (): Promise<Response> => {
    const response = new Response(null);
    return Promise.resolve(
      Object.defineProperties(response, {
        type: { value: 'opaqueredirect' },
        status: { value: 0 },
        ok: { value: false },
      }),
    );
  };
  const client = withPayiOpenAI(new sdks.OpenAI({ apiKey: 'k', maxRetries: 0, fetch: opaque }), { payi });
  const messages = [{ role: 'user' as const, content: 'hi' }];
  await expect(client.chat.completions.create({ model: 'm', messages })).rejects.toBeInstanceOf(
    sdks.OpenAI.APIConnectionError,
  );
  expect(diagnostics).toMatchObject([{ code: 'REDIRECT_REFUSED' }]);
  expect(diagnostics[0]?.message).toContain('redirects to another address');
});

it('the options of a FetchHttpHandler stay in force', async () => {
  const { front, payi } = await open('proxy');
  const seen: string[] = [];
  const requestHandler = new FetchHttpHandler({
    requestInit: ({ hostname }) => {
      seen.push(hostname);
      return { headers: { 'x-own': 'kept', 'xProxy-Api-Key': apiKey } };
    },
  });
  const client = new sdks.bedrock.BedrockRuntimeClient({ region: 'us-east-1', credentials, requestHandler });
  const { registerBedrockClientCallbacks } = await import('@payi/bedrock');
  registerBedrockClientCallbacks(client, 'Converse', { payi });
  const command = new sdks.bedrock.ConverseCommand({ modelId: 'm', messages: [] });
  await expect(client.send(command)).rejects.toThrow();
  expect(seen).toEqual(['127.0.0.1']);
  expect(front.requests[0]).toContain("'x-own': 'kept'");
});

it('cost look-ups and events follow no redirect', async () => {
  const elsewhere = await record();
  const accepting = await startPayi({ apiKey });
  closing.push(() => accepting.close());
  const front = await listen(async (request, response) => {
    if (request.url?.includes('/result')) {
      response.writeHead(307, { location: elsewhere.url });
      response.end();
      return;
    }
    let body = '';
    for await (const chunk of request) body += chunk;
    const answer = await fetch(accepting.url + request.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'xproxy-api-key': apiKey },
      body,
    });
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(await answer.text());
  });
  closing.push(() => front.close());
  const provider = await providers.openai();
  closing.push(() => provider.close());
  const delivery = { intervalMs: 1, minRetryMs: 1, maxRetryMs: 1 };
  const onDiagnostic = (): void => {};
  const payi = createPayi({
    apiKey,
    baseUrl: front.url,
    route: 'direct',
    delivery,
    onDiagnostic,
    onReceipt() {},
  });
  const client = withPayiOpenAI(new sdks.OpenAI({ apiKey: 'k', baseURL: `${provider.url}/v1` }), { payi });
  await client.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: 'hello' }] });
  await payi.close();
  expect(accepting.ledger).toHaveLength(1);
  expect(elsewhere.requests).toEqual([]);
});

it('management follows no redirect', async () => {
  const { elsewhere, front } = await open('headers');
  const { limits } = createManagement({ apiKey, baseUrl: front.url });
  await expect(limits.get('team')).rejects.toThrow();
  expect(withKey(front)).toHaveLength(1);
  expect(elsewhere.requests).toEqual([]);
});

it('the doctor follows no redirect', async () => {
  const { elsewhere, front } = await open('headers');
  const { stdout } = await runDoctor([], { PAYI_API_KEY: apiKey, PAYI_BASE_URL: front.url });
  expect(stdout).toContain('leads elsewhere');
  expect(withKey(front).length).toBeGreaterThan(0);
  expect(elsewhere.requests).toEqual([]);
});

/** A file that begins to send requests belongs into a test above. */
it('only these files send requests', () => {
  const root = fileURLToPath(new URL('../../../packages/', import.meta.url));
  const sends =
    /\b(?:web|globalThis)\.fetch\(|[^.\w]fetch\(|\bnext\(\{|\.handle\(request|getBuiltinModule|from 'node:(?:https?|http2|net|tls|dns)/;
  const files = globSync('{core,bedrock,openai,anthropic,management,report,doctor}/src/**/*.ts', {
    cwd: root,
  })
    .filter((file) => !file.endsWith('.test.ts') && sends.test(readFileSync(root + file, 'utf8')))
    .map((file) => file.replaceAll('\\', '/'));
  expect(files.sort()).toEqual([
    'anthropic/src/middleware.ts',
    'bedrock/src/attempt.ts',
    'bedrock/src/request-handler.ts',
    'bedrock/src/send-http1.ts',
    'bedrock/src/send-to-payi.ts',
    // Asks which protocol a server speaks, and sends no request.
    'bedrock/src/speaks-http2.ts',
    'core/src/delivery/ingest-request.ts',
    'core/src/delivery/let-process-end.ts',
    'core/src/http/client-options.ts',
    'core/src/http/lazy-fetch.ts',
    'core/src/web.ts',
    'doctor/src/checks/connection.ts',
    // Both keep a dry run on this machine.
    'doctor/src/inside/confine-process.ts',
    'doctor/src/inside/local-fetch.ts',
    'management/src/http.ts',

    // Its page asks the program that serves it.
    'report/src/page-script.ts',
    'report/src/send.ts',
  ]);
});
