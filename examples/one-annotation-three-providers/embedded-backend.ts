import { LLMock } from '@copilotkit/aimock';
import { type RunningBedrock, type RunningPayi, startBedrock, startPayi } from '@payi/testkit';

export interface EmbeddedBackend {
  readonly bedrock: RunningBedrock;
  /** OpenAI and Anthropic. */
  readonly api: LLMock;
  readonly payi: RunningPayi;
  close(): Promise<void>;
}

/**
 * Starts the three providers and a Pay-i on this machine. The clients of the example do not know: they have their
 * providers' own addresses, and the environment variables that a deployment would set lead them to Pay-i.
 */
export async function startEmbeddedBackend(): Promise<EmbeddedBackend> {
  const awsHost = 'bedrock-runtime.us-east-1.amazonaws.com';
  const bedrock = await startBedrock({ expectedHosts: [awsHost], answer: () => ({ text: 'The model.' }) });
  const api = new LLMock({ port: 0 });
  api.onMessage('Name one thing', (request) => ({
    content: request.model.startsWith('gpt') ? 'Its usage.' : 'Its stop reason.',
    usage: { prompt_tokens: 16, completion_tokens: 4, input_tokens: 17, output_tokens: 5 },
  }));
  await api.start();
  const payi = await startPayi({
    upstream: { [awsHost]: bedrock.url, 'api.openai.com': api.url, 'api.anthropic.com': api.url },
    limits: [{ id: 'comparison_budget', max: 1, type: 'block' }],
  });
  Object.assign(process.env, {
    PAYI_API_KEY: payi.apiKey,
    PAYI_BASE_URL: payi.url,
    AWS_REGION: bedrock.region,
    AWS_ACCESS_KEY_ID: bedrock.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: bedrock.credentials.secretAccessKey,
    OPENAI_API_KEY: 'sk-local',
    ANTHROPIC_API_KEY: 'sk-ant-local',
  });
  for (const name of [
    'AWS_SESSION_TOKEN',
    'AWS_PROFILE',
    'AWS_BEARER_TOKEN_BEDROCK',
    'AWS_ENDPOINT_URL',
    'OPENAI_BASE_URL',
    'ANTHROPIC_BASE_URL',
    'ANTHROPIC_AUTH_TOKEN',
  ]) {
    delete process.env[name];
  }
  return {
    bedrock,
    api,
    payi,
    close: async () => {
      await Promise.all([payi.close(), bedrock.close(), api.stop()]);
    },
  };
}
