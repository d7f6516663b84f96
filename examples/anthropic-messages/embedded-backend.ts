import type { EmbeddedBackendOptions } from '@payi-internal/examples';

/** What the Anthropic on this machine answers. */
export const embeddedBackend: EmbeddedBackendOptions = {
  api: (anthropic) => {
    anthropic.onMessage(/./, {
      content: 'A soup, with potatoes.',
      usage: { input_tokens: 120, output_tokens: 30 },
    });
  },
};
