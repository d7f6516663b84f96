import { fieldRules } from '../annotations/field-rules.ts';
import type { ResolvedPayi } from '../settings/resolved-payi.ts';

const names = Object.keys(fieldRules).map((field) => field.toLowerCase());
/** How many calls there were; `Infinity` when it was told, because a header of this name may be the application's own. */
const calls = new WeakMap<ResolvedPayi, number>();
/** Looking takes 2 µs: every one of the first calls is looked at, then one in so many. */
const [firstCalls, oneIn] = [100, 50];

/**
 * Reports annotations given in the place of headers, as `{ headers: { userId } }`: they are headers to the compiler, to
 * the SDK and to the provider, and annotate nothing.
 *
 * @param headers - Of a call without any annotation.
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
