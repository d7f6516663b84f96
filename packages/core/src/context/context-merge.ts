import type { Annotations, Properties } from '../annotations/annotations.ts';
import { createHeaders } from '../annotations/create-headers.ts';
import { headerNames } from '../annotations/header-names.ts';
import { changesUseCase, isCleared, useCaseFields } from '../annotations/merge-annotations.ts';
import { deepFreeze, randomUuid } from '../runtime.ts';
import type { Context } from './context-storage.ts';

type Field = keyof Annotations;
type Merged = Partial<Record<Field, unknown>>;

const nothingCleared: ReadonlySet<Field> = new Set();

/**
 * The context of a `track()` inside another, or inside none.
 *
 * @throws {@link InvalidAnnotationError} or {@link HeaderEncodingError} when the annotations, by themselves or together
 *   with those around them, could not be sent.
 */
export function nestContext(outer: Context | undefined, given: Annotations): Context {
  const inner = readLayer(given);
  const around = outer?.annotations ?? {};
  const base = withoutCleared(around, inner);
  const annotations = addLayer(base, inner);
  const beginsInstance = needsInstanceId(around, inner, annotations);
  if (beginsInstance) annotations.useCaseId = randomUuid();
  // Otherwise they are those that were checked a moment ago.
  if (outer !== undefined || beginsInstance) createHeaders(annotations as Annotations);
  const clearedHere = fieldsOf(base).filter((field) => base[field] === null);
  const cleared =
    clearedHere.length > 0
      ? new Set([...(outer?.cleared ?? []), ...clearedHere])
      : (outer?.cleared ?? nothingCleared);
  return Object.freeze({ annotations: deepFreeze(annotations as Annotations), cleared });
}

/** What a call in the context carries over these defaults, which count as the outermost context. */
export function layContextOver(defaults: Annotations, { annotations, cleared }: Context): Annotations {
  const visible: Merged = { ...defaults };
  for (const field of cleared) delete visible[field];
  const merged = addLayer(withoutCleared(visible, annotations), annotations);
  for (const field of fieldsOf(merged)) if (merged[field] === null) delete merged[field];
  return deepFreeze(merged as Annotations);
}

/** A copy that nobody else holds, checked and in canonical form: list members trimmed, `null` for whatever clears. */
function readLayer(given: Annotations): Annotations {
  const headers = createHeaders(given);
  const layer: Merged = {};
  for (const name in given) {
    const field = name as Field;
    const value = given[field];
    if (value === undefined) continue;
    if (isCleared(value)) layer[field] = null;
    else if (typeof value !== 'object') layer[field] = value;
    // What is left out of a list or a bag may leave nothing, which says nothing.
    else if (headerNames[field] in headers)
      layer[field] = Array.isArray(value)
        ? headers[headerNames[field]]?.split(',')
        : JSON.parse(JSON.stringify(value));
  }
  return layer as Annotations;
}

/** The outer annotations, with `null` for whatever the inner ones clear by being there. */
function withoutCleared(outer: Annotations | Merged, inner: Annotations): Merged {
  const base: Merged = { ...outer };
  if (inner.useCaseName === null || changesUseCase(outer.useCaseName ?? undefined, inner.useCaseName)) {
    for (const field of useCaseFields) base[field] = null;
  }
  for (const field of fieldsOf(inner)) if (inner[field] === null) base[field] = null;
  return base;
}

function addLayer(base: Merged, inner: Annotations): Merged {
  const merged: Merged = { ...base };
  for (const field of fieldsOf(inner)) {
    const value = inner[field];
    if (value !== undefined && value !== null) merged[field] = combine(merged[field], value);
  }
  return merged;
}

/** Lists are united, the outer one first; bags are merged member by member; anything else is replaced. */
function combine(outer: unknown, inner: NonNullable<Annotations[Field]>): unknown {
  if (Array.isArray(inner)) return [...new Set([...((outer ?? []) as string[]), ...inner])];
  if (typeof inner === 'object')
    return { ...(outer as Properties | null | undefined), ...(inner as Properties) };
  return inner;
}

/**
 * An instance begins where a `track()` names a use case that is not the one around it. An id that is given is kept, and
 * so is one that was cleared: it is nobody's business to make another.
 */
function needsInstanceId(around: Annotations, inner: Annotations, merged: Merged): boolean {
  if (typeof inner.useCaseName !== 'string' || inner.useCaseId !== undefined) return false;
  if (around.useCaseName === inner.useCaseName) return false;
  return typeof merged.useCaseId !== 'string';
}

function fieldsOf(annotations: Annotations | Merged): Field[] {
  return Object.keys(annotations) as Field[];
}
