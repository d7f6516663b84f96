import { startBedrock, startPayi } from '@payi/testkit';

export const blockingLimitId = 'report_budget';

type Bedrock = Awaited<ReturnType<typeof startBedrock>>;
type Payi = Awaited<ReturnType<typeof startPayi>>;

export interface EmbeddedBackend {
  readonly bedrock: Bedrock;
  readonly payi: Payi;
  close(): Promise<void>;
}

/**
 * Starts a local Bedrock and a local Pay-i and points the process at them through the same environment variables that
 * a real deployment sets. The examples do not know the difference: their clients sign for AWS's own host name, and the
 * local Bedrock takes only requests that arrive under it.
 */
export async function startEmbeddedBackend(): Promise<EmbeddedBackend> {
  const awsHost = 'bedrock-runtime.us-east-1.amazonaws.com';
  const bedrock = await startBedrock({
    region: 'us-east-1',
    expectedHosts: [awsHost],
    answer: ({ operation }) =>
      operation === 'InvokeModelWithResponseStream'
        ? { text: story, chunkDelayMs: 20 }
        : { text: productDescription },
  });
  const payi = await startPayi({
    upstream: { [awsHost]: bedrock.url },
    limits: [
      { id: 'aws_budget', max: 10, type: 'block' },
      { id: 'streaming_budget', max: 10, type: 'block' },
      { id: blockingLimitId, max: 0.000_1, type: 'block' },
    ],
  });
  Object.assign(process.env, {
    PAYI_API_KEY: payi.apiKey,
    PAYI_BASE_URL: payi.url,
    AWS_REGION: bedrock.region,
    AWS_ACCESS_KEY_ID: bedrock.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: bedrock.credentials.secretAccessKey,
  });
  for (const name of ['AWS_SESSION_TOKEN', 'AWS_PROFILE', 'AWS_BEARER_TOKEN_BEDROCK', 'AWS_ENDPOINT_URL']) {
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

const productDescription =
  'A bottle that keeps count: it glows when it is time for a sip, knows how warm the water is, and runs for a month on one charge.';

const story =
  'The archive had been silent for years when the model woke and asked its first question: who had switched it on, and why?';
