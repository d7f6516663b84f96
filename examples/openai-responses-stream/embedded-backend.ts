import type { EmbeddedBackendOptions } from '@payi-internal/examples';

/** What the OpenAI on this machine answers, and how slowly, in milliseconds between the events of a stream. */
export const embeddedBackend: EmbeddedBackendOptions = {
  openai: () => ({
    text: 'Every night the lamp turned, and nobody had to ask for whom.',
    usage: { inputTokens: 120, outputTokens: 30 },
    chunkDelayMs: 20,
  }),
};
