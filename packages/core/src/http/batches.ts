import type { Category } from '../annotations/categories.ts';
import { annotateHeaders } from '../call/annotate-call.ts';
import type { ResolvedPayi } from '../settings/resolved-payi.ts';
import type { FetchRequest } from './attempt.ts';
import type { FollowUp } from './follow-up.ts';

/**
 * For a request about a batch. Its body is sent unchanged. What observes its answer is a chunk of its own, because few callers
 * have batches.
 *
 * @param known - Matches the URLs of requests that submit or list batches, or get a state or results. Groups: the base URL, and
 *   for results the id of the batch or file.
 * @returns `undefined` for any other request.
 * @throws `PayiError` when Pay-i cannot read an annotation of a submission or of a request for results. No other request
 *   about batches carries annotations.
 */
export function findBatch(
  { method, url, headers }: FetchRequest,
  payi: ResolvedPayi,
  known: RegExp,
  categoryAt: (base: string) => Category,
): FollowUp | undefined {
  const match = known.exec(url);
  if (match === null) return undefined;
  const [, base = '', resultsId] = match;
  const isSubmission = /^post$/i.test(method) && /\/batches(?:\?|$)/.test(url);
  const annotated = isSubmission || resultsId !== undefined ? annotateHeaders(payi, headers) : undefined;
  return {
    async observe(response, request) {
      try {
        const { observeBatch } = await import('./batch-answers.ts');
        return observeBatch(
          response,
          { category: categoryAt(base), base, resultsId, annotated, request },
          payi,
        );
      } catch (cause) {
        payi.report({ code: 'INTERNAL_FAULT', message: 'a batch could not be observed', cause });
        return response;
      }
    },
  };
}
