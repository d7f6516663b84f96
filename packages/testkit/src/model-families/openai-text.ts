import type { ModelFamily } from './model-family.ts';

/** All other models that take a prompt, e.g. DeepSeek-R1: choices of text, as in OpenAI's older format. */
export const openaiText: ModelFamily = {
  matches: () => true,

  body: (reply) => ({
    choices: [{ index: 0, text: reply.text, stop_reason: reply.stopReason ?? 'stop' }],
  }),

  chunks: (reply) => [
    ...reply.pieces.map((text) => ({ choices: [{ index: 0, text, stop_reason: null }] })),
    { choices: [{ index: 0, text: '', stop_reason: reply.stopReason ?? 'stop' }] },
  ],
};
