import type { EmbeddedBackendOptions } from '@payi-internal/examples';

/** What the Bedrock on this machine answers and says it used, and a budget that one call uses up. */
export const embeddedBackend: EmbeddedBackendOptions = {
  bedrock: ({ operation }) => ({
    text: 'Last week we shipped the new importer, and nobody noticed, which was the idea.',
    usage: { inputTokens: 120, outputTokens: 30, cacheReadInputTokens: 2000 },
    ...(operation === 'ConverseStream' && { chunkDelayMs: 5 }),
  }),
  limits: [{ id: 'report_budget', max: 0.000_1, type: 'block' }],
};
