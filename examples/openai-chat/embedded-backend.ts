import type { EmbeddedBackendOptions } from '@payi-internal/examples';

/** What the OpenAI on this machine answers. */
export const embeddedBackend: EmbeddedBackendOptions = {
  openai: () => ({
    text: 'Lisbon, while it is quiet.',
    usage: { inputTokens: 120, outputTokens: 30 },
  }),
};
