import type { EmbeddedBackendOptions } from '@payi-internal/examples';

/** What the Anthropic on this machine answers. */
export const embeddedBackend: EmbeddedBackendOptions = {
  anthropic: () => ({ text: 'A soup, with potatoes.', usage: { inputTokens: 120, outputTokens: 30 } }),
};
