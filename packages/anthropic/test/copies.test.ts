import { AnthropicBedrock, AnthropicBedrockMantle } from '@anthropic-ai/bedrock-sdk';
import {
  AnthropicBedrock as OldBedrock,
  AnthropicBedrockMantle as OldMantle,
} from '@anthropic-ai/bedrock-sdk-0';
import { AnthropicFoundry } from '@anthropic-ai/foundry-sdk';
import { AnthropicFoundry as OldFoundry } from '@anthropic-ai/foundry-sdk-0';
import Anthropic from '@anthropic-ai/sdk';
import OldAnthropic from '@anthropic-ai/sdk-0';
import { AnthropicVertex } from '@anthropic-ai/vertex-sdk';
import { createPayi, type Diagnostic } from '@payi/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type AnthropicClient, withPayi } from '../src/index.ts';
import { message } from './answers.ts';

type Members = Record<string, unknown>;
type Client = AnthropicClient & Pick<Anthropic, 'messages'>;

const sent: Request[] = [];
const fetch = Object.assign(
  async (url: string, init: RequestInit) => {
    sent.push(new Request(url, init));
    return Response.json(message);
  },
  { Response, preconnect: () => {} },
) as unknown as typeof globalThis.fetch;

const silent = { error() {}, warn() {}, info() {}, debug() {} };
const shared = {
  ...{
    timeout: 1234,
    maxRetries: 7,
    fetchOptions: { keepalive: true },
    logLevel: 'error' as const,
    logger: silent,
  },
  ...{ defaultHeaders: { 'x-mine': '1' }, defaultQuery: { q: '1' }, dangerouslyAllowBrowser: true },
  middleware: [(request: never, next: (request: never) => Promise<Response>) => next(request)],
  fetch,
};
const aws = { awsRegion: 'us-east-1', awsAccessKey: 'AKIAEXAMPLE', awsSessionToken: 'session' };
const token = async (): Promise<string> => 'token';
const authClient = {
  getRequestHeaders: async () => new Headers({ authorization: 'Bearer google' }),
  projectId: 'p',
};

const clients: Readonly<Record<string, readonly ((options: object) => unknown)[]>> = {
  Anthropic: [
    (options) => new Anthropic({ apiKey: 'k', ...options }),
    (options) => new Anthropic({ authToken: 'token', ...options }),
    (options) => new Anthropic({ apiKey: 'k', timeout: 600_000, ...options }),
    (options) => new Anthropic({ apiKey: token, ...options } as never),
    (options) =>
      Object.assign(new Anthropic({ apiKey: 'k', ...options }), {
        timeout: 5,
        maxRetries: 1,
        apiKey: 'other',
      }),
  ],
  'Anthropic 0.103.0': [
    (options) => new OldAnthropic({ apiKey: 'k', ...options } as never),
    (options) => new OldAnthropic({ authToken: 'token', apiKey: null, ...options } as never),
  ],
  AnthropicBedrock: [
    (options) => new AnthropicBedrock({ ...aws, awsSecretKey: 's', ...options }),
    (options) => new AnthropicBedrock({ awsRegion: 'us-east-1', apiKey: 'bearer', ...options }),
  ],
  'AnthropicBedrock 0.31.0': [
    (options) => new OldBedrock({ ...aws, awsSecretKey: 's', ...options } as never),
    (options) => new OldBedrock({ awsRegion: 'us-east-1', apiKey: 'bearer', ...options } as never),
  ],
  AnthropicBedrockMantle: [
    (options) => new AnthropicBedrockMantle({ ...aws, awsSecretAccessKey: 's', ...options }),
    (options) => new AnthropicBedrockMantle({ awsRegion: 'us-east-1', apiKey: 'bearer', ...options }),
  ],
  'AnthropicBedrockMantle 0.31.0': [
    (options) => new OldMantle({ ...aws, awsSecretAccessKey: 's', ...options } as never),
  ],
  AnthropicVertex: [
    (options) =>
      new AnthropicVertex({
        region: 'us-east5',
        projectId: 'p',
        authClient: authClient as never,
        ...options,
      }),
  ],
  AnthropicFoundry: [
    (options) => new AnthropicFoundry({ apiKey: 'k', resource: 'r', ...options }),
    (options) =>
      new AnthropicFoundry({
        apiKey: 'k',
        baseURL: 'https://r.services.ai.azure.com/anthropic/',
        ...options,
      }),
    (options) => new AnthropicFoundry({ azureADTokenProvider: token, resource: 'r', ...options }),
  ],
  'AnthropicFoundry 0.4.4': [
    (options) => new OldFoundry({ apiKey: 'k', resource: 'r', ...options } as never),
    (options) => new OldFoundry({ azureADTokenProvider: token, resource: 'r', ...options } as never),
  ],
};
const rows = Object.entries(clients).flatMap(([name, makes]) =>
  makes.flatMap((make, index) => [
    { name: `${name} (${index + 1})`, make, options: { fetch } },
    { name: `${name} (${index + 1}) with everything`, make, options: shared },
  ]),
);

/** What the SDKs read when an option is missing. None of it may get into a copy. */
const environment = {
  ANTHROPIC_API_KEY: 'from the environment',
  ANTHROPIC_FOUNDRY_API_KEY: 'from the environment',
  ANTHROPIC_FOUNDRY_RESOURCE: 'environment',
  AWS_ACCESS_KEY_ID: 'AKIAENVIRONMENT',
  AWS_SECRET_ACCESS_KEY: 'environment',
  AWS_SESSION_TOKEN: 'environment',
  AWS_BEARER_TOKEN_BEDROCK: 'environment',
  CLOUD_ML_REGION: 'environment',
};
afterEach(() => vi.unstubAllEnvs());

/** Every member but resources, and what is ours: one more middleware and, where requests are signed, `fetch`. */
function facts(client: object): Members {
  const { fetch: _, middleware, messages, beta, ...members } = client as Members;
  const { fetch: __, middleware: ___, ...options } = members._options as Members;
  const own = Object.entries(members).filter(
    ([, value]) => !Object.hasOwn(Object(value) as object, '_client'),
  );
  return { ...Object.fromEntries(own), _options: options, middleware: (middleware as []).slice(0, 1) };
}

describe.each(rows)('the copy of $name', ({ make, options }) => {
  const diagnostics: Diagnostic[] = [];
  const payi = createPayi({ route: 'headers', onDiagnostic: (diagnostic) => diagnostics.push(diagnostic) });
  const original = make(options) as Client;
  const copied = (): Client => {
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    const copy = withPayi(original, { payi });
    vi.unstubAllEnvs();
    return copy;
  };

  it('has the same members and options', () => {
    const copy = copied();
    expect(copy).not.toBe(original);
    expect(copy.constructor).toBe(original.constructor);
    const { middleware, ...members } = facts(copy);
    const { middleware: before, ...expected } = facts(original);
    expect(members).toEqual(expected);
    expect(copy.middleware.slice(0, -1)).toEqual(original.middleware);
    expect(Object.keys((copy as unknown as Members).fetch as object)).toEqual(Object.keys(fetch));
    expect(diagnostics).toEqual([]);
  });

  it.each([100, 100_000])(
    'sends the same request, or refuses it in the same way, max_tokens %s',
    async (max_tokens) => {
      vi.useFakeTimers({ toFake: ['Date'], now: 0 });
      const outcomes: unknown[] = [];
      for (const client of [original, copied()]) {
        sent.length = 0;
        // The SDK throws a refusal of its own before there is a promise.
        const call = async (): Promise<unknown> =>
          client.messages.create({ model: 'claude', max_tokens, messages: [] });
        const failure = await call().then(
          () => undefined,
          (error: Error) => error.message,
        );
        const [request] = sent;
        const { authorization, ...headers } = Object.fromEntries(request?.headers ?? []);
        const key = authorization?.replace(/SignedHeaders=.*/, '');
        outcomes.push([failure, request?.url, key, headers, await request?.text()]);
      }
      vi.useRealTimers();
      expect(outcomes[1]).toEqual(outcomes[0]);
    },
  );
});

it('refuses a call that may take longer than ten minutes, as without Pay-i', async () => {
  const payi = createPayi({ route: 'headers' });
  const call = { model: 'claude', max_tokens: 100_000, messages: [] };
  const client = withPayi(new Anthropic({ apiKey: 'k', fetch }), { payi });
  expect(() => client.messages.create(call)).toThrow('Streaming is required');
  const patient = withPayi(new Anthropic({ apiKey: 'k', fetch, timeout: 3_600_000 }), { payi });
  expect(await patient.messages.create(call)).toMatchObject({ id: 'm' });
});
