import {
  type ProviderAnswer,
  type ProviderRequest,
  startAnthropic,
  startBedrock,
  startGoogle,
  startOpenAI,
  startPayi,
} from '@payi/testkit';

/** Providers and a Pay-i on this machine, for all blocks together. */
export interface LocalServices {
  /** What a program finds in its environment: the variables that the SDKs read, and nothing of this machine's own. */
  environmentFor(source: string): Record<string, string>;
  /** What a command finds: keys that are good for nothing elsewhere. Without addresses it prints what it prints to users. */
  readonly environmentForCommands: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/**
 * Starts what blocks call.
 *
 * A limit `spent_budget` blocks each call that names it; every other limit lets calls pass.
 */
export async function startLocalServices(): Promise<LocalServices> {
  const answer = ({ json }: ProviderRequest): ProviderAnswer => {
    const usage = { inputTokens: 12, outputTokens: 7 };
    const { tool_choice } = (json ?? {}) as { tool_choice?: { function?: { name: string } } };
    // A tool that has to be called is called.
    const tool = tool_choice?.function;
    if (tool) return { toolCalls: [{ name: tool.name, arguments: { city: 'Paris' } }], usage };
    return { text: 'Hello! How can I help?', usage };
  };
  const openai = await startOpenAI({ answer });
  const anthropic = await startAnthropic({ answer });
  const google = await startGoogle({ answer });
  const bedrock = await startBedrock();
  const payi = await startPayi({
    limits: [{ id: 'spent_budget', max: 0, type: 'block' }],
  });
  const keys = {
    PAYI_API_KEY: payi.apiKey,
    AWS_REGION: bedrock.region,
    AWS_ACCESS_KEY_ID: bedrock.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: bedrock.credentials.secretAccessKey,
    OPENAI_API_KEY: 'sk-local',
    AZURE_OPENAI_API_KEY: 'azure-local',
    AZURE_API_KEY: 'azure-local',
    ANTHROPIC_API_KEY: 'sk-ant-local',
    GEMINI_API_KEY: 'google-local',
    GOOGLE_GENERATIVE_AI_API_KEY: 'google-local',
  };
  const environment = {
    ...keys,
    PAYI_BASE_URL: payi.url,
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrock.url,
    ANTHROPIC_BEDROCK_BASE_URL: bedrock.url,
    GOOGLE_GEMINI_BASE_URL: google.url,
    GOOGLE_VERTEX_BASE_URL: google.url,
    // A server takes any port that is free, as the environment of a platform would name one.
    PORT: '0',
  };
  return {
    environmentFor: (source) => ({
      ...environment,
      // The AI SDK wants its version in it, and Anthropic's own SDK does not.
      ANTHROPIC_BASE_URL: source.includes('@ai-sdk/') ? `${anthropic.url}/v1` : anthropic.url,
      // Clients of Azure refuse an endpoint beside it.
      ...(source.includes('AzureOpenAI') ? {} : { OPENAI_BASE_URL: openai.clientConfig.baseURL }),
    }),
    environmentForCommands: keys,
    close: async () => {
      await Promise.all([payi, bedrock, openai, anthropic, google].map((server) => server.close()));
    },
  };
}
