import type { EmbeddedBackendOptions } from '@payi-internal/examples';

/** A Bedrock on this machine that calls reach without Pay-i in between. */
export const embeddedBackend: EmbeddedBackendOptions = {
  route: 'direct',
  bedrock: ({ operation }) =>
    operation === 'Converse'
      ? { text: 'billing', usage: { inputTokens: 60, outputTokens: 2 } }
      : {
          text: 'Your invoice has been corrected.',
          chunkDelayMs: 20,
          usage: { inputTokens: 40, outputTokens: 12 },
        },
};
