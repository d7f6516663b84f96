import type { EmbeddedBackendOptions } from '@payi-internal/examples';

/**
 * What the Bedrock on this machine answers. The client signs for AWS's own host, and the local Bedrock takes nothing else.
 */
export const embeddedBackend: EmbeddedBackendOptions = {
  bedrock: () => ({
    text: 'Either side may leave after a year.',
    usage: { inputTokens: 120, outputTokens: 30 },
  }),
};
