import type { Annotations } from './annotations.ts';
import { isPlainObject } from './check-properties.ts';

/** Fields that belong to the use case they were given with: another use case does not inherit them. */
export const useCaseFields = ['useCaseId', 'useCaseVersion', 'useCaseStep', 'useCaseProperties'] as const;

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
  const merged: Record<string, unknown> = {};
  for (const layer of layers) {
    if (layer === undefined || layer === null) continue;
    if (changesUseCase(merged.useCaseName, layer.useCaseName)) {
      for (const field of useCaseFields) delete merged[field];
    }
    for (const field of Object.keys(layer) as (keyof Annotations)[]) {
      const value = layer[field];
      // An own `__proto__`, as JSON can make one, is no annotation and must not become the prototype.
      if (value === undefined || (field as string) === '__proto__') continue;
      if (!isCleared(value)) merged[field] = value;
      else if (field in merged) delete merged[field];
    }
  }
  return merged;
}

/** `undefined` on either side changes nothing: there is no use case to leave, or the layer does not speak of it. */
export function changesUseCase(outer: unknown, inner: unknown): boolean {
  return outer !== undefined && inner !== undefined && outer !== inner;
}

/** What clears a field: `null`, and the empty text, list or bag. */
export function isCleared(value: unknown): boolean {
  if (value === null || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return isPlainObject(value) && Object.keys(value).length === 0;
}
