import { annotationRows } from '../annotations/annotation-rows.ts';
import type { Annotations, Properties } from '../annotations/annotations.ts';
import { isCleared } from '../annotations/check-properties.ts';
import { checkAnnotations, createHeaders } from '../annotations/create-headers.ts';
import { headerNames } from '../annotations/header-names.ts';
import { headerBudget, totalLength } from '../annotations/header-value.ts';
import { addLayer, type MergedAnnotations } from '../annotations/merge-annotations.ts';
import { deepFreeze, randomUuid } from '../runtime.ts';
import { type Context, headersKey } from './context-storage.ts';

type Field = keyof Annotations;

const nothingCleared: ReadonlySet<Field> = new Set();

/**
 * The context of a `track()`, nested or outermost.
 *
 * @throws {@link InvalidAnnotationError} a field is unknown or has the wrong type. Whether a header can carry a value is
 *   checked when a call is sent, because only then is the route known.
 */
export function nestContext(outer: Context | undefined, given: Annotations): Context {
  const layer = readLayer(given);
  return outer === undefined && !layer.clears ? outermost(layer) : within(outer, layer.annotations);
}

/** One `track()`. */
interface Layer {
  /** A copy that nobody else holds, in canonical form: members of lists trimmed, `null` for each field that is cleared. */
  readonly annotations: MergedAnnotations;
  readonly clears: boolean;
  readonly headers: Record<string, string> | undefined;
}

/** Without an outer context and without cleared fields, the layer is the context, and is already encoded. */
function outermost({ annotations, headers }: Layer): Context {
  if (beginsInstance(undefined, annotations, annotations)) {
    const id = randomUuid();
    annotations.useCaseId = id;
    if (headers !== undefined) headers[headerNames.useCaseId] = id;
  }
  const fits = headers !== undefined && totalLength(headers) <= headerBudget.totalBytes;
  return contextOf(annotations, nothingCleared, fits ? headers : undefined);
}

function within(outer: Context | undefined, layer: MergedAnnotations): Context {
  const around = outer?.annotations ?? {};
  const annotations: MergedAnnotations = { ...around };
  const cleared = new Set(outer?.cleared);
  addLayer(annotations, layer as Annotations, { combines: true, cleared });
  if (beginsInstance(around.useCaseName, layer, annotations)) annotations.useCaseId = randomUuid();
  return contextOf(annotations, cleared, headersOf(annotations as Annotations));
}

function contextOf(
  annotations: MergedAnnotations,
  cleared: ReadonlySet<Field>,
  headers: Readonly<Record<string, string>> | undefined,
): Context {
  return Object.freeze({
    annotations: Object.freeze(annotations) as Annotations,
    cleared,
    [headersKey]: headers,
  });
}

/**
 * Whether a `track()` begins an instance: it names a use case other than the outer one, and no id is given, cleared or
 * inherited.
 */
function beginsInstance(
  nameAround: string | null | undefined,
  layer: MergedAnnotations,
  { useCaseId }: MergedAnnotations,
): boolean {
  return (
    typeof layer.useCaseName === 'string' &&
    layer.useCaseName !== nameAround &&
    layer.useCaseId === undefined &&
    typeof useCaseId !== 'string'
  );
}

function headersOf(annotations: Annotations): Record<string, string> | undefined {
  try {
    return createHeaders(annotations);
  } catch {
    return undefined;
  }
}

function readLayer(given: Annotations): Layer {
  const headers = headersOf(given);
  const checked = headers === undefined ? checkAnnotations(given) : undefined;
  const annotations: MergedAnnotations = {};
  let clears = false;
  for (const { field, headerName } of annotationRows) {
    const value = given[field];
    if (value === undefined) continue;
    if (isCleared(value)) {
      annotations[field] = null;
      clears = true;
    } else if (typeof value !== 'object') annotations[field] = value;
    // A list of spaces and a bag without values have no header.
    else if ((checked?.[field] ?? headers?.[headerName]) === undefined) continue;
    else if (Array.isArray(value)) {
      const all = (checked?.[field] ?? headers?.[headerName]?.split(',')) as string[];
      const members = eachOnce(all);
      if (headers !== undefined && members.length < all.length) headers[headerName] = members.join(',');
      annotations[field] = Object.freeze(members);
    } else annotations[field] = copyOf(value as Properties);
  }
  return { annotations, clears, headers };
}

/** Two members, the usual number, need no set. */
function eachOnce(members: string[]): string[] {
  if (members.length > 2) return [...new Set(members)];
  return members[0] === members[1] ? members.slice(1) : members;
}

/** Frozen. Nested and `undefined` members occur only in data outside the declared type. */
function copyOf(bag: Properties): Properties {
  const copy: Record<string, unknown> = { ...bag };
  for (const name in copy) {
    const value = copy[name];
    if (typeof value === 'string' || value === null) continue;
    if (value === undefined) delete copy[name];
    else copy[name] = deepFreeze(JSON.parse(JSON.stringify(value)));
  }
  return Object.freeze(copy) as Properties;
}

/** Merges a context with defaults, which count as the outermost context. */
export function layContextOver(defaults: Annotations, { annotations, cleared }: Context): Annotations {
  const merged: MergedAnnotations = { ...defaults };
  for (const field of cleared) delete merged[field];
  addLayer(merged, annotations, { combines: true });
  return Object.freeze(merged) as Annotations;
}
