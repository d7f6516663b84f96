import type { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';

/** The providers that examples call, and the clients that read their environment differently. */
export type LiveProvider = 'AWS Bedrock' | 'Claude on AWS Bedrock' | 'OpenAI' | 'Anthropic';

const checks: Record<LiveProvider, () => Promise<string[]>> = {
  'AWS Bedrock': async () => {
    // The client looks for these where it always does: environment, profiles, the instance's own role.
    const { config } = await createClient();
    const hasRegion = config.region().then(isTrue, isFalse);
    return [...((await hasRegion) ? [] : [awsRegion]), ...(await missingAwsCredentials())];
  },
  // This client takes the region from the environment alone, and us-east-1 without it.
  'Claude on AWS Bedrock': async () => [
    ...(process.env.AWS_REGION ? [] : [awsRegion]),
    ...(await missingAwsCredentials()),
  ],
  OpenAI: async () => (process.env.OPENAI_API_KEY ? [] : ['OPENAI_API_KEY: a key of your OpenAI account']),
  Anthropic: async () =>
    process.env.ANTHROPIC_API_KEY || process.env.ANTHROPIC_AUTH_TOKEN || process.env.ANTHROPIC_PROFILE
      ? []
      : ['ANTHROPIC_API_KEY: a key of your Anthropic account'],
};

const awsRegion = 'AWS_REGION: a region in which Bedrock serves the model';
const awsCredentials =
  'AWS credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or AWS_BEARER_TOKEN_BEDROCK';

/**
 * What the real services need and the environment does not have.
 *
 * Looks and asks nobody, except where AWS keeps credentials outside of the process, such as the role of an instance.
 *
 * @returns One line for each, with what to set; empty when all is there.
 */
export async function missingForLive(providers: readonly LiveProvider[]): Promise<string[]> {
  const hasKey = process.env.ASCERTA_API_KEY || process.env.PAYI_API_KEY;
  const missing = await Promise.all(providers.map((provider) => checks[provider]()));
  return [...(hasKey ? [] : ['PAYI_API_KEY: an application key of your Pay-i account']), ...missing.flat()];
}

async function missingAwsCredentials(): Promise<string[]> {
  if (process.env.AWS_BEARER_TOKEN_BEDROCK) return [];
  // A region that is missing is reported by itself; credentials that are looked up over the network want one.
  const { config } = await createClient(process.env.AWS_REGION ?? 'us-east-1');
  return (await config.credentials().then(isTrue, isFalse)) ? [] : [awsCredentials];
}

async function createClient(region?: string): Promise<BedrockRuntimeClient> {
  // Loaded for the examples that call AWS alone.
  const { BedrockRuntimeClient } = await import('@aws-sdk/client-bedrock-runtime');
  return new BedrockRuntimeClient(region === undefined ? {} : { region });
}

const isTrue = (): boolean => true;
const isFalse = (): boolean => false;
