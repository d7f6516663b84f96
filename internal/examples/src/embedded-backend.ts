import { type JournalEntry, LLMock } from '@copilotkit/aimock';
import {
  type LimitOptions,
  type RunningBedrock,
  type RunningPayi,
  type StartBedrockOptions,
  startBedrock,
  startPayi,
} from '@payi/testkit';

export interface EmbeddedBackendOptions {
  /** What AWS Bedrock answers. @default A sentence that quotes the question */
  readonly bedrock?: StartBedrockOptions['answer'];
  /** Says what OpenAI and Anthropic answer, e.g. by `api.onMessage(…)`. */
  readonly api?: (api: LLMock) => void;
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
  /** OpenAI and Anthropic. */
  readonly api: LLMock;
  /** What OpenAI and Anthropic received, also once they are closed. */
  readonly apiRequests: readonly JournalEntry[];
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
  bedrock: answer,
  api: script,
  limits = [],
  route = 'proxy',
}: EmbeddedBackendOptions = {}): Promise<EmbeddedBackend> {
  const isProxied = route === 'proxy';
  const bedrock = await startBedrock({
    ...(answer && { answer }),
    // What comes through Pay-i has to carry a signature for AWS itself.
    ...(isProxied && { expectedHosts: [awsHost] }),
  });
  const api = new LLMock({ port: 0 });
  script?.(api);
  await api.start();
  const payi = await startPayi({
    upstream: { [awsHost]: bedrock.url, 'api.openai.com': api.url, 'api.anthropic.com': api.url },
    limits,
  });
  let finalRequests: readonly JournalEntry[] | undefined;
  return {
    bedrock,
    api,
    get apiRequests() {
      return finalRequests ?? api.getRequests();
    },
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
        OPENAI_BASE_URL: `${api.url}/v1`,
        ANTHROPIC_BASE_URL: api.url,
      }),
    },
    close: async () => {
      await Promise.all([payi.close(), bedrock.close()]);
      finalRequests = api.getRequests();
      await api.stop();
    },
  };
}
