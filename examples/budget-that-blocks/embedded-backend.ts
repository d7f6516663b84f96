import type { EmbeddedBackendOptions } from '@payi-internal/examples';

const answer = () => ({ text: 'At what it is for.', usage: { inputTokens: 120, outputTokens: 30 } });

/** What the three providers on this machine answer, and how much they say they used. */
export const embeddedBackend: EmbeddedBackendOptions = {
  bedrock: answer,
  openai: answer,
  anthropic: answer,
};
