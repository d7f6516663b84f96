import { payiClientOptions as anthropic } from '@payi/anthropic';
import { payiClientOptions as bedrock } from '@payi/bedrock';
import { createHeaders, createPayi, type Diagnostic, type Receipt } from '@payi/core';
import { payiClientOptions as google } from '@payi/google';
import { payiClientOptions as openai } from '@payi/openai';
import { describe, expect, it } from 'vitest';

/** A call of each provider, by its address. */
const calls = {
  '@payi/openai': 'https://api.openai.com/v1/chat/completions',
  '@payi/anthropic': 'https://api.anthropic.com/v1/messages?beta=true',
  '@payi/google':
    'https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/us-central1/publishers/google/models/gemini-2.5-flash:generateContent',
  '@payi/bedrock': 'https://bedrock-runtime.us-east-1.amazonaws.com/model/amazon.nova-lite-v1%3A0/converse',
};
type Adapter = keyof typeof calls;
const adapters = Object.keys(calls) as Adapter[];
const options = {
  '@payi/openai': openai,
  '@payi/anthropic': anthropic,
  '@payi/google': google,
  '@payi/bedrock': bedrock,
};
/** Those of the others name it in the body. */
const resources: Readonly<Record<string, string>> = {
  '@payi/google': 'google.gemini-2.5-flash',
  '@payi/bedrock': 'amazon.nova-lite-v1:0',
};

const answer = {
  id: 'an-id',
  usage: {
    prompt_tokens: 1,
    completion_tokens: 2,
    input_tokens: 1,
    output_tokens: 2,
    inputTokens: 1,
    outputTokens: 2,
  },
  usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 2 },
};

interface Sent {
  readonly url: string;
  readonly init: RequestInit;
}

/** The `fetch` of an adapter over one that records what it is given. */
function open(adapter: Adapter, route: 'proxy' | 'direct' | 'headers' = 'headers') {
  const sent: Sent[] = [];
  const receipts: Receipt[] = [];
  const diagnostics: Diagnostic[] = [];
  const inner: typeof globalThis.fetch = (async (input: string | Request, init: RequestInit = {}) => {
    sent.push({ url: typeof input === 'string' ? input : input.url, init });
    return Response.json(answer);
  }) as typeof globalThis.fetch;
  const payi = createPayi({
    route,
    apiKey: 'key',
    baseUrl: 'http://payi.test',
    delivery: { offline: () => {} },
    onReceipt: (receipt) => receipts.push(receipt),
    onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
  });
  const { fetch } = options[adapter]({ payi, fetch: inner });
  return { fetch, inner, sent, receipts, diagnostics, payi };
}

const body = JSON.stringify({ model: 'a-model', messages: [] });
const request = (headers: Record<string, string> = {}) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body,
});

describe.each(adapters)('payiClientOptions() of %s', (adapter) => {
  const others = adapters.filter((other) => other !== adapter);

  it.each(others)('names the right one for calls of %s, once', async (other) => {
    const { fetch, diagnostics, receipts } = open(adapter);
    const call = async (): Promise<void> => void (await (await fetch(calls[other], request())).text());
    await call();
    await call();
    expect(receipts).toEqual([]);
    expect(diagnostics).toEqual([
      { code: 'NOT_METERED', message: expect.stringContaining(`() of ${other} for`) },
    ]);
    // Without host, query or credentials.
    expect(diagnostics[0]?.message).not.toMatch(/https|beta|amazonaws|googleapis/);
  });

  it('says nothing of its own calls, and names the right one after them, too', async () => {
    const { fetch, diagnostics, receipts } = open(adapter);
    for (let count = 0; count < 30; count += 1) await (await fetch(calls[adapter], request())).text();
    for (let count = 0; count < 30; count += 1) await fetch('https://example.com/v1/files', request());
    expect(diagnostics).toEqual([]);
    expect(receipts).toHaveLength(30);
    await fetch(calls[others[0] as Adapter], request());
    expect(diagnostics).toMatchObject([{ code: 'NOT_METERED' }]);
  });

  it('wonders if the first 20 requests are no calls', async () => {
    const { fetch, diagnostics } = open(adapter);
    const url = 'https://api.example.com/v1/rerank';
    for (let count = 0; count < 19; count += 1) await fetch(url, request());
    expect(diagnostics).toEqual([]);
    for (let count = 0; count < 19; count += 1) await fetch(url, request());
    expect(diagnostics).toEqual([
      { code: 'NOT_METERED', message: expect.stringMatching(/\/v1\/rerank: is it the right one/) },
    ]);
  });

  it.each(['proxy', 'direct', 'headers'] as const)('takes a Request, route %s', async (route) => {
    const { fetch, sent, receipts } = open(adapter, route);
    const caller = new AbortController();
    const given = new Request(calls[adapter], {
      ...request(createHeaders({ userId: 'u-42' })),
      signal: caller.signal,
    });
    await (await fetch(given)).json();
    expect(sent).toHaveLength(1);
    const [{ url, init } = { url: '', init: {} }] = sent;
    expect(url).toMatch(route === 'proxy' ? /^http:\/\/payi\.test\/api\/v1\/proxy\// : /^https:/);
    expect(init).toMatchObject({ method: 'POST', body });
    expect(new Headers(init.headers).get('xproxy-user-id')).toBe(route === 'direct' ? null : 'u-42');
    expect(given.headers.get('xproxy-user-id')).toBe('u-42');
    expect(given.bodyUsed).toBe(false);
    expect(init.signal?.aborted).toBe(false);
    caller.abort();
    expect(init.signal?.aborted).toBe(true);
    await expect.poll(() => receipts.length).toBe(1);
    expect(receipts[0]).toMatchObject({
      resource: resources[adapter] ?? 'a-model',
      annotations: { userId: 'u-42' },
      outcome: 'complete',
      units: { text: { input: 1, output: 2 } },
    });
  });

  it('passes on a Request that is no call, unread', async () => {
    const { fetch, inner, sent } = open(adapter, 'direct');
    const given = new Request('https://example.com/v1/files', request());
    await fetch(given);
    expect(given.bodyUsed).toBe(false);
    expect(sent).toMatchObject([{ url: given.url }]);
    expect(fetch).not.toBe(inner);
  });

  it('takes a URL', async () => {
    const { fetch, receipts } = open(adapter);
    await (await fetch(new URL(calls[adapter]), request())).text();
    expect(receipts).toMatchObject([{ outcome: 'complete' }]);
  });

  it('returns a fetch that has Pay-i already', () => {
    const { fetch, payi } = open(adapter);
    expect(options[adapter]({ payi, fetch }).fetch).toBe(fetch);
  });

  it('returns the fetch as it is while Pay-i is switched off', () => {
    const payi = createPayi({ enabled: false });
    expect(options[adapter]({ payi, fetch: globalThis.fetch })).toEqual({ fetch: globalThis.fetch });
  });

  it('refuses annotations that Pay-i cannot read, before anything is sent', async () => {
    const { fetch, sent, receipts } = open(adapter);
    const response = await fetch(calls[adapter], request({ 'xProxy-UseCase-Version': 'three' }));
    expect(() => response.headers).toThrow(expect.objectContaining({ code: 'INVALID_ANNOTATION' }));
    expect(response.status).toBe(400);
    expect(sent).toEqual([]);
    expect(receipts).toEqual([]);
  });

  it.each(['proxy', 'direct', 'headers'] as const)(
    'keeps no record of a call that was aborted before it left, route %s',
    async (route) => {
      const { payi, receipts, fetch } = open(adapter, route);
      const aborted = { ...request(), signal: AbortSignal.abort(new RangeError('mine')) };
      await expect(options[adapter]({ payi }).fetch(calls[adapter], aborted)).rejects.toThrow('mine');
      expect(receipts).toEqual([]);
      // A `fetch` that ignores signals has sent it.
      await (await fetch(calls[adapter], aborted)).text();
      await expect.poll(() => receipts).toMatchObject([{ outcome: 'complete', attempts: 1 }]);
      expect(payi.stats()).toMatchObject({ queued: 0, sent: route === 'direct' ? 1 : 0 });
    },
  );

  it('asks for a key, unless the route needs none', () => {
    expect(() => options[adapter]({ payi: createPayi({ route: 'proxy' }) })).toThrow(/apiKey/);
    expect(options[adapter]({ payi: createPayi({ route: 'headers' }) })).toEqual({
      fetch: expect.any(Function),
    });
  });
});
