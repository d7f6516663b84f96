import type { EmbeddedBackendOptions } from '@payi-internal/examples';

const text = 'At what it is for.';

/** What the three providers on this machine answer, and how much they say they used. */
export const embeddedBackend: EmbeddedBackendOptions = {
  bedrock: () => ({ text, usage: { inputTokens: 120, outputTokens: 30 } }),
  api: (openaiAndAnthropic) => {
    openaiAndAnthropic.onMessage(/./, {
      content: text,
      usage: { prompt_tokens: 120, completion_tokens: 30, input_tokens: 120, output_tokens: 30 },
    });
  },
};
