import { cohereId } from './cohere-id.ts';
import { embeddingVector } from './embedding-vector.ts';
import type { ModelFamily } from './model-family.ts';

/** Cohere Embed. @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html */
export const cohereEmbed: ModelFamily = {
  matches: (_modelName, request) => 'texts' in request,

  body: (reply) => {
    const { texts } = reply.request;
    const list = Array.isArray(texts) ? texts.map(String) : [];
    return {
      id: cohereId(reply.answerNumber, 'response'),
      response_type: 'embeddings_floats',
      embeddings: list.map((text) => embeddingVector(text, 1024)),
      texts: list,
    };
  },
};
