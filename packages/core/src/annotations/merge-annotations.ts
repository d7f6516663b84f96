import { annotationRows } from './annotation-rows.ts';
import type { Annotations, Properties } from './annotations.ts';
import { isCleared } from './check-properties.ts';

type Field = keyof Annotations;

/** Annotations that are being merged. */
export type MergedAnnotations = Partial<Record<Field, unknown>>;

interface LayerOptions {
  /** Unites lists, outer members first, and merges records member by member. Otherwise both are replaced. */
  readonly combines?: true;
  /**
   * Collects the fields that the layer clears, which then stay as `null`, to clear layers further out that are not
   * known yet. Without it, cleared fields are removed.
   */
  readonly cleared?: Set<Field>;
}

const useCaseFields: readonly Field[] = annotationRows
  .filter(({ isOfUseCase }) => isOfUseCase)
  .map(({ field }) => field);

/**
 * Combines layers of annotations, outermost first: client defaults, then the values of one call.
 *
 * Field by field, a later layer replaces an earlier one, whole values, lists and bags included. `undefined` inherits;
 * `null`, an empty text, list or bag clears. A layer that names another use case than the outer one, or clears its name,
 * inherits no id, version, step or properties of it.
 *
 * @param layers - Not changed. Absent layers may be passed as `undefined`.
 * @returns A new object without cleared fields. Values are not checked; {@link createHeaders} does that.
 */
export function mergeAnnotations(...layers: readonly (Annotations | undefined)[]): Annotations {
  const merged: MergedAnnotations = {};
  for (const layer of layers) if (layer !== undefined && layer !== null) addLayer(merged, layer);
  return merged as Annotations;
}

/** Lays one layer over those in `merged`, in place. */
export function addLayer(
  merged: MergedAnnotations,
  layer: Annotations,
  { combines, cleared }: LayerOptions = {},
): void {
  const clear = (field: Field): void => {
    if (cleared !== undefined) {
      merged[field] = null;
      cleared.add(field);
    } else if (field in merged) delete merged[field];
  };
  if (leavesUseCase(merged.useCaseName, layer.useCaseName, cleared !== undefined))
    useCaseFields.forEach(clear);
  for (const field of Object.keys(layer) as Field[]) {
    const value = layer[field];
    // An own `__proto__`, as JSON can make one, is no annotation and must not become the prototype.
    if (value === undefined || (field as string) === '__proto__') continue;
    if (isCleared(value)) clear(field);
    else merged[field] = combines ? combine(merged[field], value) : value;
  }
}

/** @param outerIsOpen - Layers further out may have a use case, too: clearing the name leaves it. */
function leavesUseCase(outer: unknown, inner: string | null | undefined, outerIsOpen: boolean): boolean {
  if (inner === undefined) return false;
  if (outer === undefined || outer === null) return outerIsOpen && isCleared(inner);
  return outer !== inner;
}

/** Frozen, as contexts are. */
function combine(outer: unknown, inner: unknown): unknown {
  if (Array.isArray(inner)) return Object.freeze([...new Set([...((outer ?? []) as string[]), ...inner])]);
  if (typeof inner !== 'object') return inner;
  return Object.freeze({ ...(outer as Properties | null | undefined), ...(inner as Properties) });
}
