import type { EmbeddedBackendOptions } from '@payi-internal/examples';

/** What the three providers on this machine answer, and the budget that Pay-i has for all of them. */
export const embeddedBackend: EmbeddedBackendOptions = {
  bedrock: () => ({ text: 'The model.', usage: { inputTokens: 15, outputTokens: 3 } }),
  openai: () => ({ text: 'Its usage.', usage: { inputTokens: 16, outputTokens: 4 } }),
  anthropic: () => ({ chunks: ['Its stop', ' reason.'], usage: { inputTokens: 17, outputTokens: 5 } }),
  limits: [{ id: 'comparison_budget', max: 1, type: 'block' }],
};
