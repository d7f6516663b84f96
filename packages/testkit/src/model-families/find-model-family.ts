import type { JsonObject } from '../json.ts';
import { amazonNova } from './amazon-nova.ts';
import { amazonTitanEmbeddings } from './amazon-titan-embeddings.ts';
import { amazonTitanText } from './amazon-titan-text.ts';
import { anthropicMessages } from './anthropic-messages.ts';
import { anthropicText } from './anthropic-text.ts';
import { cohereCommand } from './cohere-command.ts';
import { cohereCommandR } from './cohere-command-r.ts';
import { cohereEmbed } from './cohere-embed.ts';
import { metaLlama } from './meta-llama.ts';
import { mistralText } from './mistral-text.ts';
import type { ModelFamily } from './model-family.ts';
import { openaiChat } from './openai-chat.ts';
import { openaiText } from './openai-text.ts';

/** In the order of matching: specific families before general ones. */
const families: readonly ModelFamily[] = [
  anthropicText,
  anthropicMessages,
  amazonNova,
  amazonTitanText,
  amazonTitanEmbeddings,
  metaLlama,
  mistralText,
  cohereCommand,
  cohereCommandR,
  cohereEmbed,
  openaiChat,
  openaiText,
];

/**
 * The family whose format a model answers in.
 *
 * @param modelId - A model id, an inference profile (`us.anthropic.…`) or the ARN of either, decoded. The ARN of an
 *   application inference profile does not name a model, so the request's body decides.
 */
export function findModelFamily(modelId: string, request: JsonObject): ModelFamily {
  const modelName = modelId.slice(modelId.lastIndexOf('/') + 1);
  return families.find((family) => family.matches(modelName, request)) ?? openaiText;
}
