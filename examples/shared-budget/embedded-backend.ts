import type { EmbeddedBackendOptions } from '@payi-internal/examples';

/** What the OpenAI on this machine answers. */
export const embeddedBackend: EmbeddedBackendOptions = {
  // The budget needs no proxy.
  route: 'direct',
  openai: () => ({
    text: 'The printer works again.',
    usage: { inputTokens: 120, outputTokens: 30 },
  }),
};
