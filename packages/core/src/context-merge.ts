import type { Annotations, Properties } from './annotations.ts';
import type { Context } from './context-storage.ts';
import { createHeaders } from './create-headers.ts';
import { deepFreeze } from './deep-freeze.ts';
import { changesUseCase, isCleared, useCaseFields } from './merge-annotations.ts';
import { parseHeaders } from './parse-headers.ts';
import { randomUuid } from './runtime.ts';

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
  if (needsInstanceId(around, inner, annotations)) annotations.useCaseId = randomUuid();
  createHeaders(annotations as Annotations);
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

/**
 * A copy that nobody else holds, checked and in canonical form: list members trimmed, `null` for whatever clears.
 * Read back from what is sent, so that the two cannot differ.
 */
function readLayer(given: Annotations): Annotations {
  const layer: Merged = parseHeaders(createHeaders(given));
  for (const field in given) {
    const value = given[field as Field];
    if (value === undefined || field in layer) continue;
    if (isCleared(value)) layer[field as Field] = null;
    // The only value that means something and travels as no header.
    else if (value === true) layer[field as Field] = true;
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
