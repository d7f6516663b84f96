import {
  type LimitOptions,
  type RunningAnthropic,
  type RunningBedrock,
  type RunningOpenAI,
  type RunningPayi,
  type StartAnthropicOptions,
  type StartBedrockOptions,
  type StartOpenAIOptions,
  startAnthropic,
  startBedrock,
  startOpenAI,
  startPayi,
} from '@payi/testkit';

export interface EmbeddedBackendOptions {
  /** What AWS Bedrock answers. @default A sentence that quotes the question */
  readonly bedrock?: StartBedrockOptions['answer'];
  /** What OpenAI answers. @default A sentence that quotes the question */
  readonly openai?: StartOpenAIOptions['answer'];
  /** What Anthropic answers. @default A sentence that quotes the question */
  readonly anthropic?: StartAnthropicOptions['answer'];
  /** Limits that Pay-i knows from the start. */
  readonly limits?: readonly LimitOptions[];
  /**
   * Where the environment leads calls: with `proxy` to Pay-i alone, because clients keep their providers' own
   * addresses; with `direct` to the providers, and what is reported afterwards to Pay-i.
   *
   * @default 'proxy'
   */
  readonly route?: 'proxy' | 'direct';
}

/** The providers and a Pay-i on this machine. */
export interface EmbeddedBackend {
  readonly bedrock: RunningBedrock;
  readonly openai: RunningOpenAI;
  readonly anthropic: RunningAnthropic;
  readonly payi: RunningPayi;
  /** The environment variables by which clients that are made without options come here. */
  readonly environment: Readonly<Record<string, string>>;
  /** Every call is in the ledger when this is over. */
  close(): Promise<void>;
}

/** The host that AWS clients of the region below sign for, whatever way their calls take. */
const awsHost = 'bedrock-runtime.us-east-1.amazonaws.com';

/** Starts the providers and a Pay-i on this machine. Nothing outside of this machine is reached through them. */
export async function startEmbeddedBackend({
  bedrock: bedrockAnswer,
  openai: openaiAnswer,
  anthropic: anthropicAnswer,
  limits = [],
  route = 'proxy',
}: EmbeddedBackendOptions = {}): Promise<EmbeddedBackend> {
  const isProxied = route === 'proxy';
  const bedrock = await startBedrock({
    ...(bedrockAnswer && { answer: bedrockAnswer }),
    // What comes through Pay-i has to carry a signature for AWS itself.
    ...(isProxied && { expectedHosts: [awsHost] }),
  });
  const openai = await startOpenAI({ ...(openaiAnswer && { answer: openaiAnswer }) });
  const anthropic = await startAnthropic({ ...(anthropicAnswer && { answer: anthropicAnswer }) });
  const payi = await startPayi({ limits });
  return {
    bedrock,
    openai,
    anthropic,
    payi,
    environment: {
      PAYI_API_KEY: payi.apiKey,
      PAYI_BASE_URL: payi.url,
      AWS_REGION: bedrock.region,
      AWS_ACCESS_KEY_ID: bedrock.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: bedrock.credentials.secretAccessKey,
      OPENAI_API_KEY: 'sk-local',
      ANTHROPIC_API_KEY: 'sk-ant-local',
      ...(!isProxied && {
        AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrock.url,
        OPENAI_BASE_URL: openai.clientConfig.baseURL,
        ANTHROPIC_BASE_URL: anthropic.url,
      }),
    },
    close: async () => {
      await Promise.all([payi, bedrock, openai, anthropic].map((server) => server.close()));
    },
  };
}
