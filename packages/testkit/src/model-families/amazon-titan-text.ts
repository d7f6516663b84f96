import type { ModelFamily } from './model-family.ts';

/** Amazon Titan Text. @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-text.html */
export const amazonTitanText: ModelFamily = {
  matches: (modelName, request) =>
    modelName.includes('amazon.titan-text') || 'textGenerationConfig' in request,

  body: (reply) => ({
    inputTextTokenCount: reply.usage.inputTokens,
    results: [
      {
        tokenCount: reply.usage.outputTokens,
        outputText: reply.text,
        completionReason: reply.stopReason ?? 'FINISH',
      },
    ],
  }),

  chunks: (reply) => [
    ...reply.pieces.map((outputText, index) => ({
      outputText,
      index: 0,
      totalOutputTextTokenCount: null,
      completionReason: null,
      inputTextTokenCount: index === 0 ? reply.usage.inputTokens : null,
    })),
    {
      outputText: '',
      index: 0,
      totalOutputTextTokenCount: reply.usage.outputTokens,
      completionReason: reply.stopReason ?? 'FINISH',
      inputTextTokenCount: reply.pieces.length === 0 ? reply.usage.inputTokens : null,
    },
  ],
};
