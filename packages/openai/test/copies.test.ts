import { createPayi, type Diagnostic } from '@payi/core';
import type OpenAI from 'openai';
import NewestOpenAI from 'openai';
import { BedrockOpenAI } from 'openai/bedrock';
import { bedrock } from 'openai/providers/bedrock';
import { describe, expect, it } from 'vitest';
import { withPayi } from '../src/index.ts';
import { completion } from './answers.ts';
import { sdkNames, sdks } from './sdks.ts';

type Members = Record<string, unknown>;

const sent: Request[] = [];
const fetch = Object.assign(
  async (url: string, init: RequestInit) => {
    sent.push(new Request(url, init));
    return Response.json(completion);
  },
  { Response, preconnect: () => {} },
) as unknown as typeof globalThis.fetch;

const silent = { error() {}, warn() {}, info() {}, debug() {} };
const everything = {
  ...{
    apiKey: 'sk-test',
    organization: 'org',
    project: 'proj',
    webhookSecret: 'whsec',
    baseURL: 'https://host/v9',
  },
  ...{
    timeout: 1234,
    maxRetries: 7,
    fetchOptions: { keepalive: true },
    logLevel: 'error' as const,
    logger: silent,
  },
  ...{ defaultHeaders: { 'x-mine': '1' }, defaultQuery: { q: '1' }, dangerouslyAllowBrowser: true, fetch },
};
const azure = { endpoint: 'https://team.openai.azure.com', apiVersion: '2024-10-21' };
const token = async (): Promise<string> => 'token';

type Made = (sdk: (typeof sdks)[string]) => OpenAI;

const clients: Readonly<Record<string, Made>> = {
  'with a key': ({ OpenAI }) => new OpenAI({ apiKey: 'sk-test', fetch }),
  'with everything': ({ OpenAI }) => new OpenAI(everything),
  'with the default time limit, given': ({ OpenAI }) =>
    new OpenAI({ apiKey: 'sk-test', timeout: 600_000, fetch }),
  'changed afterwards': ({ OpenAI }) =>
    Object.assign(new OpenAI({ apiKey: 'sk-test', fetch }), {
      ...{
        baseURL: 'https://other/v1',
        timeout: 5,
        maxRetries: 1,
        apiKey: 'sk-other',
        organization: 'other',
      },
    }),
  'of Azure with a key': ({ AzureOpenAI }) =>
    new AzureOpenAI({ ...azure, apiKey: 'k', deployment: 'd', fetch }),
  'of Azure with a token': ({ AzureOpenAI }) =>
    new AzureOpenAI({ ...azure, azureADTokenProvider: token, fetch }),
  'of Azure with everything': ({ AzureOpenAI }) => {
    const { organization, project, baseURL, dangerouslyAllowBrowser, ...rest } = everything;
    return new AzureOpenAI({ ...rest, ...azure, deployment: 'd' });
  },
};
const laterClients: Readonly<Record<string, Made>> = {
  'with a function for a key': ({ OpenAI }) => new OpenAI({ apiKey: token, fetch }),
};
const newestClients: Readonly<Record<string, Made>> = {
  'of Bedrock': () => new BedrockOpenAI({ awsRegion: 'us-east-1', bedrockTokenProvider: token, fetch }),
  'of the provider Bedrock': () =>
    new NewestOpenAI({ provider: bedrock({ region: 'us-east-1', apiKey: 'k' }), fetch }),
};

const rows = sdkNames.flatMap((sdk) =>
  Object.entries({
    ...clients,
    ...(sdk !== sdkNames[0] && laterClients),
    ...(sdk === sdkNames.at(-1) && newestClients),
  }).map(([name, make]) => ({ sdk, name, make })),
);

/** Every member but resources, and `fetch`, which is ours. */
function facts(client: object): Members {
  const { fetch: _, ...members } = client as Members;
  const { fetch: __, ...options } = members._options as Members;
  const own = Object.entries(members).filter(
    ([, value]) => !Object.hasOwn(Object(value) as object, '_client'),
  );
  return { ...Object.fromEntries(own), _options: options };
}

describe.each(rows)('the copy of a client $name, $sdk', ({ sdk, make }) => {
  const diagnostics: Diagnostic[] = [];
  const payi = createPayi({ route: 'headers', onDiagnostic: (diagnostic) => diagnostics.push(diagnostic) });
  const original = make(sdks[sdk] as (typeof sdks)[string]);
  const copy = withPayi(original, { payi });

  it('is another client of the same class, with the same members and options', () => {
    expect(copy).not.toBe(original);
    expect(copy.constructor).toBe(original.constructor);
    expect(facts(copy)).toEqual(facts(original));
    expect(Object.keys(facts(copy)._options as object)).toEqual(
      Object.keys(facts(original)._options as object),
    );
    expect(diagnostics).toEqual([]);
  });

  it('keeps what its fetch has besides', () => {
    const { fetch: copied } = copy as unknown as Record<'fetch', typeof fetch & Members>;
    expect(copied).not.toBe(fetch);
    expect(copied.Response).toBe(Response);
    expect(Object.keys(copied)).toEqual(Object.keys(fetch));
  });

  it('sends the same request, and so does a copy of the copy', async () => {
    const request = async (client: OpenAI): Promise<unknown> => {
      sent.length = 0;
      await client.chat.completions.create({ model: 'gpt-4o', messages: [] });
      const [one] = sent;
      return [one?.url, [...(one?.headers ?? [])], await one?.text()];
    };
    expect(await request(copy)).toEqual(await request(original));
    // The first versions of the SDK cannot copy every client.
    const again = (client: OpenAI) =>
      request(client.withOptions({ apiVersion: azure.apiVersion } as object)).catch(String);
    expect(await again(copy)).toEqual(await again(original));
  });
});
