import type { Annotations } from '@payi/core';

type Field = keyof Annotations;

/** One `track()` that ran: two of them may have been given the same. */
export interface Layer {
  readonly given: Annotations;
}

/** The headers of one call: what they say, and what empty ones clear. */
export interface CallHeaders {
  readonly says: Annotations;
  readonly clears: readonly Field[];
}

/** What a call carries. A `useCaseId` that a `track()` made up is that layer itself, since nobody can foresee it. */
export type Expected = Omit<Annotations, 'useCaseId'> & { readonly useCaseId?: string | Layer };

const useCaseFields: readonly Field[] = ['useCaseId', 'useCaseVersion', 'useCaseStep', 'useCaseProperties'];
const otherFields: readonly Field[] = [
  'userId',
  'accountName',
  'limitIds',
  'requestTags',
  'requestProperties',
  'priceAsCategory',
  'priceAsResource',
  'resourceScope',
  'logPromptAndResponse',
];

/**
 * The rules of docs/context.md once more, written the other way around: the package pushes each layer onto those before
 * it, while this looks for each field from the inside out. No code is shared.
 */
export function expectedAnnotations(
  defaults: Annotations,
  layers: readonly Layer[],
  call?: CallHeaders,
): Expected {
  const expected: Record<string, unknown> = {};
  const name = nameAt(layers, layers.length - 1);
  const [start] = layers
    .map((_, index) => index)
    .filter((index) => leavesAt(layers, index))
    .slice(-1);
  const defaultsReach = start === undefined && (name === undefined || isSame(defaults.useCaseName, name));

  put('useCaseName', name === undefined ? defaults.useCaseName : name);
  for (const field of useCaseFields) {
    const found = layers.slice(start ?? 0).map(({ given }) => given[field]);
    put(field, lookUp(defaultsReach ? [defaults[field], ...found] : found));
  }
  const id = idAt(layers, layers.length - 1);
  put('useCaseId', id === undefined ? (defaultsReach ? defaults.useCaseId : null) : id);
  for (const field of otherFields) {
    put(field, lookUp([defaults[field], ...layers.map(({ given }) => given[field])]));
  }
  if (call !== undefined) lay(call);
  return expected as Expected;

  function put(field: string, value: unknown): void {
    if (isEmpty(value)) delete expected[field];
    else expected[field] = value;
  }

  function lay({ says, clears }: CallHeaders): void {
    const callName = clears.includes('useCaseName') ? null : says.useCaseName;
    if (callName !== undefined && expected.useCaseName !== undefined && callName !== expected.useCaseName) {
      for (const field of useCaseFields) delete expected[field];
    }
    for (const field of ['useCaseName', ...useCaseFields, ...otherFields] as const) {
      // `true` is sent as no header, so it says nothing.
      if (says[field] !== undefined && says[field] !== true) put(field, lookUp([says[field]]));
      if (clears.includes(field)) put(field, null);
    }
  }
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '' || JSON.stringify(value).length === 2;
}

/** Undefined, too, is the same use case: that of nobody yet. */
function isSame(defaultName: unknown, name: unknown): boolean {
  return isEmpty(defaultName) || defaultName === name;
}

/** The name that holds in a layer: `undefined` for none, `null` for one that was cleared. */
function nameAt(layers: readonly Layer[], index: number): string | null | undefined {
  for (let at = index; at >= 0; at -= 1) {
    const { useCaseName } = layers[at]?.given ?? {};
    if (useCaseName !== undefined) return useCaseName === '' ? null : useCaseName;
  }
  return undefined;
}

function leavesAt(layers: readonly Layer[], index: number): boolean {
  const { useCaseName } = layers[index]?.given ?? {};
  if (useCaseName === undefined) return false;
  const outerName = nameAt(layers, index - 1);
  return isEmpty(useCaseName) || (typeof outerName === 'string' && outerName !== useCaseName);
}

/** `undefined` when the contexts do not say, `null` for none. */
function idAt(layers: readonly Layer[], index: number): string | Layer | null | undefined {
  const layer = layers[index];
  if (layer === undefined) return undefined;
  const { useCaseId, useCaseName } = layer.given;
  if (useCaseId !== undefined) return useCaseId === '' ? null : useCaseId;
  const outer = leavesAt(layers, index) ? null : idAt(layers, index - 1);
  if (isEmpty(useCaseName) || nameAt(layers, index - 1) === useCaseName) return outer;
  return outer ?? layer;
}

/** @param values - Outermost first. */
function lookUp(values: readonly unknown[]): unknown {
  const found: unknown[] = [];
  for (const value of values.toReversed()) {
    if (value === undefined) continue;
    if (isEmpty(value)) break;
    found.unshift(value);
  }
  const last = found.at(-1);
  if (Array.isArray(last)) return [...new Set(found.flat().map((member) => String(member).trim()))];
  if (typeof last === 'object')
    return Object.fromEntries(found.flatMap((bag) => Object.entries(bag as object)));
  return last;
}
