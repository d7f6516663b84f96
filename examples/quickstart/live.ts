import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';

/** What the real services need and the environment does not have, one line each. */
export async function missingForLive(): Promise<string[]> {
  const missing: string[] = [];
  if (!process.env.PAYI_API_KEY && !process.env.ASCERTA_API_KEY) {
    missing.push('PAYI_API_KEY: an application key of your Pay-i account');
  }
  const { config } = new BedrockRuntimeClient();
  const resolve = { region: config.region, credentials: config.credentials };
  await resolve.region().catch(() => missing.push('AWS_REGION: a region in which Bedrock serves the model'));
  if (!process.env.AWS_BEARER_TOKEN_BEDROCK) {
    await resolve
      .credentials()
      .catch(() =>
        missing.push('AWS credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile'),
      );
  }
  return missing;
}
