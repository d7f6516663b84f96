import { embeddingVector } from './embedding-vector.ts';
import type { ModelFamily } from './model-family.ts';

/** Amazon Titan Embeddings. @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html */
export const amazonTitanEmbeddings: ModelFamily = {
  matches: (modelName, request) => modelName.includes('amazon.titan-embed') || 'inputText' in request,

  body: (reply) => {
    const { dimensions = 1024, inputText } = reply.request;
    const embedding = embeddingVector(String(inputText), Number(dimensions));
    return {
      embedding,
      embeddingsByType: { float: embedding },
      inputTextTokenCount: reply.usage.inputTokens,
    };
  },
};
