import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as tls from 'node:tls';
import type { BedrockRuntimeClient, BedrockRuntimeClientConfig } from '@aws-sdk/client-bedrock-runtime';
import { registerBedrockClientCallbacks } from '@payi/bedrock';
import { createPayi, type Diagnostic, type Receipt, type Route } from '@payi/core';
import { type RunningBedrock, type RunningPayi, startBedrock, startPayi } from '@payi/testkit';
import type * as Handlers from '@smithy/node-http-handler';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSdks, sdkAge, sdkFolder } from '../src/sdks.ts';

// What the caller's own transport does has to be the same with Pay-i: on every route, with every kind of request
// handler, on every tree of dependencies.

const { bedrock: sdk } = await loadSdks();
const ofTree = createRequire(join(sdkFolder('@aws-sdk/client-bedrock-runtime'), 'package.json'));
const { NodeHttpHandler, NodeHttp2Handler } = ofTree('@smithy/node-http-handler') as typeof Handlers;
const { version } = ofTree('@smithy/core/package.json') as { version: string };

/** As applications build them: for metrics, logs, retries of their own. */
class OwnHandler extends NodeHttp2Handler {
  readonly #paths: string[] = [];
  get paths(): readonly string[] {
    return this.#paths;
  }
  override handle(...[request, options]: Parameters<Handlers.NodeHttp2Handler['handle']>) {
    this.#paths.push(request.path);
    return super.handle(request, options);
  }
}

interface HandlerConfig {
  readonly requestTimeout?: number;
  readonly throwOnRequestTimeout?: true;
}
const handlers = {
  'the default handler': (config: HandlerConfig) => config,
  NodeHttp2Handler: (config: HandlerConfig) => new NodeHttp2Handler(config),
  'a subclass of it': (config: HandlerConfig) => new OwnHandler(config),
  NodeHttpHandler: (config: HandlerConfig) => new NodeHttpHandler(config),
} satisfies Record<string, (config: HandlerConfig) => BedrockRuntimeClientConfig['requestHandler']>;
type HandlerName = keyof typeof handlers;

const payis: Record<string, RunningPayi> = {};
const authorities = tls.getCACertificates('default');
beforeAll(async () => {
  payis.http = await startPayi();
  payis['TLS with HTTP/1.1'] = await startPayi({ tls: true, protocol: 'http/1.1' });
  payis['TLS with both'] = await startPayi({ tls: true });
});
afterAll(async () => {
  tls.setDefaultCACertificates(authorities);
  await Promise.all(Object.values(payis).map((payi) => payi.close()));
});

/** How the calls go. Without a route: a client that Pay-i knows nothing of. */
interface Way {
  readonly route?: Route;
  readonly over?: string;
}
const ways: Record<string, Way> = {
  bare: {},
  'on route headers': { route: 'headers' },
  'on route direct': { route: 'direct' },
  'on route proxy over HTTP': { route: 'proxy', over: 'http' },
  'on route proxy over TLS with HTTP/1.1': { route: 'proxy', over: 'TLS with HTTP/1.1' },
  'on route proxy over TLS with HTTP/1.1 and HTTP/2': { route: 'proxy', over: 'TLS with both' },
};

/** A client and its Bedrock, and what becomes of its calls. */
class Lab {
  readonly client: BedrockRuntimeClient;
  readonly bedrock: RunningBedrock;
  readonly receipts: Receipt[] = [];
  readonly diagnostics: Diagnostic[] = [];
  readonly requestHandler: object | undefined;

  constructor(bedrock: RunningBedrock, handler: HandlerName, way: Way, config: HandlerConfig = {}) {
    const requestHandler = handlers[handler](config);
    this.bedrock = bedrock;
    this.requestHandler = requestHandler;
    this.client = new sdk.BedrockRuntimeClient({ ...bedrock.clientConfig, requestHandler, maxAttempts: 20 });
    const { route, over = 'http' } = way;
    if (route === undefined) return;
    const { apiKey, url: baseUrl, certificate } = payis[over] as RunningPayi;
    // One at a time: they have the same name.
    if (certificate !== undefined) tls.setDefaultCACertificates([...authorities, certificate]);
    registerBedrockClientCallbacks(this.client, ['Converse', 'ConverseStream', 'InvokeModel'], {
      payi: createPayi({
        route,
        apiKey,
        baseUrl,
        delivery: { offline: () => {} },
        onReceipt: (receipt) => this.receipts.push(receipt),
        onDiagnostic: (diagnostic) => this.diagnostics.push(diagnostic),
      }),
    });
  }

  async close(): Promise<void> {
    this.client.destroy();
    await this.bedrock.close();
  }

  converse(options: object = {}) {
    return this.client.send(new sdk.ConverseCommand({ modelId, messages }), options);
  }

  /** @returns The text, and how the stream ended. */
  async stream(options: object = {}, onEvent: () => void = () => {}): Promise<string> {
    const { stream } = await this.client.send(new sdk.ConverseStreamCommand({ modelId, messages }), options);
    let text = '';
    try {
      for await (const event of stream ?? []) {
        text += event.contentBlockDelta?.delta?.text ?? '';
        onEvent();
      }
    } catch {
      return `${text}, broken off`;
    }
    return `${text}, at its end`;
  }
}

const modelId = 'amazon.nova-lite-v1:0';
const messages = [{ role: 'user' as const, content: [{ text: 'hi' }] }];
const long = 'word '.repeat(80_000);
const counted = Array.from({ length: 50 }, (_, index) => `${index} `);
const forEver = { delayMs: 3_600_000 };
const nameOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'answered',
    (error: Error) => error.name,
  );

/** What a caller sees. `config` is for the request handler. */
interface Behavior {
  readonly config?: HandlerConfig;
  readonly expected: unknown;
  see(lab: Lab): Promise<unknown>;
}

const behaviors: Record<string, Behavior> = {
  'an answer': {
    expected: ['Hi there', true],
    async see(lab) {
      lab.bedrock.answerNext({ text: 'Hi there' });
      const { output } = await lab.converse();
      return [output?.message?.content?.[0]?.text, lab.bedrock.requests[0]?.signature.valid];
    },
  },
  'a long answer': {
    expected: true,
    async see(lab) {
      lab.bedrock.answerNext({ text: long });
      const { output } = await lab.converse();
      return output?.message?.content?.[0]?.text === long;
    },
  },
  'a stream': {
    expected: `${counted.join('')}, at its end`,
    see(lab) {
      lab.bedrock.answerNext({ chunks: counted });
      return lab.stream();
    },
  },
  'a call aborted before it is sent': {
    expected: ['AbortError', 0, 0],
    async see(lab) {
      const error = await nameOf(lab.converse({ abortSignal: AbortSignal.abort() }));
      return [error, lab.bedrock.requests.length, lab.receipts.length];
    },
  },
  'a call aborted while it waits': {
    expected: 'AbortError',
    async see(lab) {
      lab.bedrock.answerNext(forEver);
      const controller = new AbortController();
      const call = nameOf(lab.converse({ abortSignal: controller.signal }));
      await expect.poll(() => lab.bedrock.requests.length).toBe(1);
      controller.abort();
      const error = await call;
      await expect.poll(() => lab.bedrock.requests[0]?.answered).toBe('aborted');
      return error;
    },
  },
  'a stream aborted in the middle': {
    expected: 'one two ',
    async see(lab) {
      lab.bedrock.answerNext({ chunks: ['one ', 'two ', 'three'], faults: { stallAfterEvents: 3 } });
      const controller = new AbortController();
      let events = 0;
      const seen = await lab.stream({ abortSignal: controller.signal }, () => {
        events += 1;
        if (events === 3) controller.abort();
      });
      await expect.poll(() => lab.bedrock.requests[0]?.answered).toBe('aborted');
      return seen.split(',')[0];
    },
  },
  'a time limit of the client': {
    expected: true,
    config: { requestTimeout: 300, throwOnRequestTimeout: true },
    async see(lab) {
      lab.bedrock.answerNext(forEver, { text: 'again' });
      const { $metadata } = await lab.converse();
      return Number($metadata.attempts) > 1;
    },
  },
  'a time limit of the client, in a stream': {
    expected: 'one two ',
    config: { requestTimeout: 300, throwOnRequestTimeout: true },
    async see(lab) {
      const stalled = { chunks: ['one ', 'two ', 'three'], faults: { stallAfterEvents: 3 } };
      // A busy machine may let the limit pass before the answer begins, and the SDK retries.
      lab.bedrock.answerNext(...Array.from({ length: 20 }, () => stalled));
      return (await lab.stream()).split(',')[0];
    },
  },
  'a time limit of the call': {
    expected: true,
    config: { throwOnRequestTimeout: true },
    async see(lab) {
      lab.bedrock.answerNext(forEver, { text: 'again' });
      const { $metadata } = await lab.converse({ requestTimeout: 300 });
      return Number($metadata.attempts) > 1;
    },
  },
  'an error of the provider': {
    expected: 'ValidationException',
    async see(lab) {
      lab.bedrock.answerNext({ error: { type: 'ValidationException' } });
      return nameOf(lab.converse());
    },
  },
  'a client that was destroyed': {
    expected: 'two',
    async see(lab) {
      lab.bedrock.answerNext({ text: 'one' }, { text: 'two' });
      await lab.converse();
      lab.client.destroy();
      const { output } = await lab.converse();
      return output?.message?.content?.[0]?.text;
    },
  },
};

/** What the SDK's HTTP/2 handler of a tree does wrong, with and without us: it loses the end of an answer. */
const cutsAnswers = /^3\.(?:[6-9]|1\d|2\d)\./.test(version);
const ignoresLimitOfCall = /^3\.[0-9]\./.test(version) || version.startsWith('2.');
const faultsOfSdk = new Set([
  ...(cutsAnswers ? ['a long answer', 'a stream', 'an answer', 'a client that was destroyed'] : []),
  ...(ignoresLimitOfCall ? ['a time limit of the call'] : []),
]);

/** `NodeHttpHandler` waits for ever for the rest of an answer that has begun. */
const noLimitOverHttp1 = 'a time limit of the client, in a stream';

describe.each(Object.keys(handlers) as HandlerName[])(
  `%s, @smithy/core ${version}, ${sdkAge} SDKs`,
  (handler) => {
    it.each(Object.entries(ways))('%s', async (_, way) => {
      const isOverHttp2 = way.over === 'TLS with both' && handler === 'a subclass of it';
      const seen: Record<string, unknown> = {};
      const expected: Record<string, unknown> = {};
      await Promise.all(
        Object.entries(behaviors).map(async ([name, { config, expected: right, see }]) => {
          if (handler === 'NodeHttpHandler' && name === noLimitOverHttp1) return;
          const lab = new Lab(await startBedrock(), handler, way, config);
          try {
            const { metadata } = lab.client.config.requestHandler;
            // Else the handler of the tree is at work, with its faults.
            const isOurs = way.route === 'proxy' && metadata?.handlerProtocol === 'h2' && !isOverHttp2;
            if (!isOurs && faultsOfSdk.has(name)) return;
            expected[name] = right;
            seen[name] = await see(lab);
          } finally {
            await lab.close();
          }
        }),
      );
      expect(seen).toEqual(expected);
    });
  },
);

describe(`a subclass of the SDK’s HTTP/2 handler, @smithy/core ${version}`, () => {
  it.each([
    ['is used where Pay-i speaks HTTP/2', 'TLS with both', 2, []],
    ['gives way where it does not, and a diagnostic says so', 'TLS with HTTP/1.1', 0, ['HANDLER_BYPASSED']],
    ['gives way where it cannot, and a diagnostic says so', 'http', 0, ['HANDLER_BYPASSED']],
  ])('%s', async (_, over, requests, diagnostics) => {
    await using bedrock = await startBedrock();
    const lab = new Lab(bedrock, 'a subclass of it', { route: 'proxy', over });
    await lab.converse();
    await lab.converse();
    expect((lab.requestHandler as OwnHandler).paths).toHaveLength(requests);
    expect(lab.diagnostics.map(({ code }) => code)).toEqual(diagnostics);
    expect(bedrock.requests.map(({ signature }) => signature.valid)).toEqual([true, true]);
    await lab.close();
  });
});
