import type { EmbeddedBackendOptions } from '@payi-internal/examples';

/** What the OpenAI on this machine answers, and how slowly, in milliseconds between the events of a stream. */
export const embeddedBackend: EmbeddedBackendOptions = {
  api: (openai) => {
    const story = {
      content: 'Every night the lamp turned, and nobody had to ask for whom.',
      usage: { input_tokens: 120, output_tokens: 30 },
    };
    openai.onMessage(/./, story, { latency: 20 });
  },
};
