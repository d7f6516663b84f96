import { type RunningBedrock, type RunningPayi, startBedrock, startPayi } from '@payi/testkit';

export interface EmbeddedBackend {
  readonly bedrock: RunningBedrock;
  readonly payi: RunningPayi;
  close(): Promise<void>;
}

/**
 * Starts a Bedrock and a Pay-i on this machine. Only the environment names them: the client signs for AWS's own host, and
 * the local Bedrock takes nothing else.
 */
export async function startEmbeddedBackend(): Promise<EmbeddedBackend> {
  const awsHost = 'bedrock-runtime.us-east-1.amazonaws.com';
  const bedrock = await startBedrock({
    expectedHosts: [awsHost],
    answer: () => ({
      text: 'Either side may leave after a year.',
      usage: { inputTokens: 120, outputTokens: 30 },
    }),
  });
  const payi = await startPayi({
    upstream: { [awsHost]: bedrock.url },
    limits: [{ id: 'legal', max: 1, type: 'block' }],
  });
  Object.assign(process.env, {
    PAYI_API_KEY: payi.apiKey,
    PAYI_BASE_URL: payi.url,
    AWS_REGION: bedrock.region,
    AWS_ACCESS_KEY_ID: bedrock.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: bedrock.credentials.secretAccessKey,
  });
  for (const name of [
    'AWS_SESSION_TOKEN',
    'AWS_PROFILE',
    'AWS_BEARER_TOKEN_BEDROCK',
    'ANTHROPIC_BEDROCK_BASE_URL',
  ]) {
    delete process.env[name];
  }
  return {
    bedrock,
    payi,
    close: async () => {
      await Promise.all([payi.close(), bedrock.close()]);
    },
  };
}
