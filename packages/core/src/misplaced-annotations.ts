import type { ResolvedPayi } from './create-payi.ts';
import { fieldRules } from './field-rules.ts';

const names = Object.keys(fieldRules).map((field) => field.toLowerCase());
/** Once each: a header of this name may well be one of the application's own. */
const told = new WeakSet<ResolvedPayi>();

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
  if (told.has(payi)) return;
  const found = names.filter((name) => headers.has(name));
  if (found.length === 0) return;
  told.add(payi);
  payi.report({
    code: 'INVALID_HEADERS',
    message: `headers of the call have names of annotations, and annotate nothing: ${found.join(', ')}; pass what createHeaders() returns`,
    operation,
  });
}
