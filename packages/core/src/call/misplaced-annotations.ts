import { annotationRows } from '../annotations/annotation-rows.ts';
import type { ResolvedPayi } from '../settings/resolved-payi.ts';

const names = /* @__PURE__ */ annotationRows.map(({ field }) => field.toLowerCase());
/** Counts calls; `Infinity` after a report, because a header of this name may be the application's own. */
const calls = new WeakMap<ResolvedPayi, number>();
/** A look takes 2 µs. Each of the first calls gets one, then one call in so many. */
const [firstCalls, oneIn] = [100, 50];

/**
 * Reports annotations given in the place of headers, as `{ headers: { userId } }`: to the compiler, the SDK and the
 * provider they are headers, and they annotate nothing.
 *
 * @param headers - The headers of a call without an annotation.
 */
export function reportMisplaced(
  payi: ResolvedPayi,
  operation: string,
  headers: { has(name: string): boolean },
): void {
  const call = (calls.get(payi) ?? 0) + 1;
  calls.set(payi, call);
  if (call > firstCalls && call % oneIn !== 0) return;
  const found = names.filter((name) => headers.has(name));
  if (found.length === 0) return;
  calls.set(payi, Number.POSITIVE_INFINITY);
  payi.report({
    code: 'INVALID_HEADERS',
    message: `headers of the call have names of annotations, and annotate nothing: ${found.join(', ')}; pass what createHeaders() returns`,
    operation,
  });
}
