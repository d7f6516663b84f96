import { type EventReader, readGemini } from '@payi/core/calls';

/**
 * Chunks of content. Each is an answer of its own, with the counts so far; the last one has the reason why the model
 * stopped. Quotation marks in content are escaped, so `usageMetadata"` matches only members; `\u00` matches members spelt
 * with escapes.
 */
export const contentEvents: EventReader = {
  relevant: /(?:usageMetadata|finishReason|blockReason|functionCall)"|error|proxy_result|\\u00[2-7]/,
  read: readGemini,
};
