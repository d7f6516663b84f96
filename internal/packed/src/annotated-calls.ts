import { startAnthropic, startBedrock, startOpenAI, startPayi } from '@payi/testkit';

/** The programs in `consumer/annotated-call`: one annotated call each, of the provider they are named after. */
export const providers = ['bedrock', 'openai', 'anthropic'] as const;
export type Provider = (typeof providers)[number];

/** What a program prints, as far as it is the same in every run. */
export const printed: Readonly<Record<Provider, object>> = {
  bedrock: call('system.aws.bedrock', 'Converse', 'amazon.nova-lite-v1:0'),
  openai: call('system.openai', 'chat/completions', 'gpt-4o'),
  anthropic: call('system.anthropic', 'messages', 'claude-opus-4-5'),
};

function call(category: string, operation: string, resource: string): object {
  return {
    answer: 'Hello to you',
    receipt: {
      annotations: { useCaseName: 'smoke_test', userId: 'u-42' },
      attempts: 1,
      category,
      operation,
      outcome: 'complete',
      resource,
      units: { text: { input: 1000, output: 100 } },
      warnings: [],
    },
  };
}

/** Pay-i and the three providers on this machine. */
export interface Backend {
  /** The variables that lead a program there, and nothing of this process's own. */
  readonly environment: Readonly<Record<string, string>>;
  /** The same for route `direct`: the programs reach the providers without Pay-i in between. */
  readonly directEnvironment: Readonly<Record<string, string>>;
  /** The use cases of the calls that an account has at Pay-i, in the order they came. */
  deliveredFrom(accountName: string): readonly unknown[];
  /** Headers of the requests that reached Bedrock, in the order they came. */
  bedrockHeaders(): readonly Readonly<Record<string, string>>[];
  /** Without Pay-i in between. */
  readonly bedrockUrl: string;
  close(): Promise<void>;
}

export async function startBackend(): Promise<Backend> {
  const answer = () => ({ text: 'Hello to you', usage: { inputTokens: 1000, outputTokens: 100 } });
  const bedrock = await startBedrock({ answer });
  const openai = await startOpenAI({ answer });
  const anthropic = await startAnthropic({ answer });
  const payi = await startPayi();
  const environment = {
    PATH: process.env.PATH ?? '',
    PAYI_API_KEY: payi.apiKey,
    PAYI_BASE_URL: payi.url,
    AWS_REGION: bedrock.region,
    AWS_ACCESS_KEY_ID: bedrock.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: bedrock.credentials.secretAccessKey,
    OPENAI_API_KEY: 'sk-local',
    ANTHROPIC_API_KEY: 'sk-ant-local',
  };
  return {
    environment,
    directEnvironment: {
      ...environment,
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrock.url,
      OPENAI_BASE_URL: openai.clientConfig.baseURL,
      ANTHROPIC_BASE_URL: anthropic.url,
    },
    deliveredFrom: (accountName) =>
      payi.ledger
        .filter(({ annotations }) => annotations.accountName === accountName)
        .map(({ annotations }) => annotations.useCaseName),
    bedrockHeaders: () => bedrock.requests.map(({ headers }) => headers),
    bedrockUrl: bedrock.url,
    close: async () => {
      await Promise.all([payi, bedrock, openai, anthropic].map((server) => server.close()));
    },
  };
}
