import type { EmbeddedBackendOptions } from '@payi-internal/examples';

/** What the OpenAI on this machine answers. */
export const embeddedBackend: EmbeddedBackendOptions = {
  api: (openai) => {
    openai.onMessage(/./, {
      content: 'Lisbon, while it is quiet.',
      usage: { prompt_tokens: 120, completion_tokens: 30 },
    });
  },
};
