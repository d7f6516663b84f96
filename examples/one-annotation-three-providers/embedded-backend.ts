import type { EmbeddedBackendOptions } from '@payi-internal/examples';

/** What the three providers on this machine answer, and the budget that Pay-i has for all of them. */
export const embeddedBackend: EmbeddedBackendOptions = {
  bedrock: () => ({ text: 'The model.' }),
  api: (openaiAndAnthropic) => {
    openaiAndAnthropic.onMessage('Name one thing', ({ model }) => ({
      content: model.startsWith('gpt') ? 'Its usage.' : 'Its stop reason.',
      usage: { prompt_tokens: 16, completion_tokens: 4, input_tokens: 17, output_tokens: 5 },
    }));
  },
  limits: [{ id: 'comparison_budget', max: 1, type: 'block' }],
};
