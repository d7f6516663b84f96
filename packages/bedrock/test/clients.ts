import { BedrockRuntimeClient, type BedrockRuntimeClientConfig } from '@aws-sdk/client-bedrock-runtime';
import { FetchHttpHandler } from '@smithy/fetch-http-handler';
import { NodeHttpHandler } from '@smithy/node-http-handler';

/** The three ways in which an AWS client can reach the network. The default speaks HTTP/2 only. */
export const transports = {
  h2: () => ({}),
  'http/1.1': () => ({ requestHandler: new NodeHttpHandler() }),
  fetch: () => ({ requestHandler: new FetchHttpHandler() }),
} as const satisfies Record<string, () => BedrockRuntimeClientConfig>;

export type TransportName = keyof typeof transports;
export const transportNames = Object.keys(transports) as TransportName[];

export const modelId = 'anthropic.claude-3-sonnet-20240229';
export const profileArn = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3d4e5f6';

export function createClient(
  config: BedrockRuntimeClientConfig,
  transport: TransportName = 'h2',
): BedrockRuntimeClient {
  return new BedrockRuntimeClient({ ...config, ...transports[transport]() });
}

export const annotations = {
  useCaseName: 'text_generation',
  userId: 'data_scientist_123',
  limitIds: ['aws_budget'],
  requestTags: ['bedrock', 'claude'],
} as const;
