import { type AnswerBody, type EventReader, failureIn, readGemini } from '@payi/core/calls';
import { contentEvents } from './events.ts';

/** A metered method of a model. */
export interface Operation {
  /** Whether Pay-i's proxy serves it on Vertex AI. */
  readonly isProxied: boolean;
  readBody(body: AnswerBody): ReturnType<typeof readGemini>;
  readonly events: EventReader;
}

const readBody: Operation['readBody'] = ({ value }) => ({
  ...readGemini(value),
  ...failureIn(Object(value) as Record<string, unknown>),
});

const content: Operation = { isProxied: true, readBody, events: contentEvents };
const other: Operation = { ...content, isProxied: false };

/**
 * @see https://ai.google.dev/api
 * @see https://cloud.google.com/vertex-ai/docs/reference/rest
 */
export const operations: ReadonlyMap<string, Operation> = new Map([
  ['generateContent', content],
  ['streamGenerateContent', content],
  ['embedContent', other],
  ['batchEmbedContents', other],
  // Imagen's pictures, and older models of embeddings.
  ['predict', other],
]);

export function findOperation(name: string): Operation | undefined {
  return operations.get(name);
}
