import { type Annotations, createHeaders, headerNames, parseHeaders } from '@payi/core';
import { annotationHeaderNames } from '@payi/core/calls';
import { error, type Finding } from '../finding.ts';
import type { Examination } from './messages.ts';
import { findingOf } from './thrown.ts';

/** What a dry run is annotated with. */
export interface GivenHeaders {
  /** Handed to the client as it is: it may be wrong, which is then for the client to say. */
  readonly headers: unknown;
  /** What they say, if they can be read. */
  readonly annotations: Annotations;
  readonly isExample: boolean;
  readonly findings: readonly Finding[];
}

/** So that there is something to see arrive. */
const example: Annotations = { useCaseName: 'payi_doctor', userId: 'payi-doctor' };

/** The fields of {@link Annotations}, for whoever gives them where headers belong. */
const fields: ReadonlySet<string> = new Set(
  Object.entries(headerNames)
    .filter(([, header]) => annotationHeaderNames.includes(header.toLowerCase()))
    .map(([field]) => field),
);

/** @returns `undefined` with findings alone when there is nothing to send. */
export async function givenHeaders(
  { annotations, headersExport }: Examination,
  namespace: Readonly<Record<string, unknown>>,
): Promise<GivenHeaders | { readonly headers: undefined; readonly findings: readonly Finding[] }> {
  try {
    if (headersExport !== undefined) return await exportedHeaders(headersExport, namespace);
    const chosen = annotations ?? example;
    const headers = createHeaders(chosen);
    return {
      headers,
      annotations: parseHeaders(headers),
      isExample: annotations === undefined,
      findings: [],
    };
  } catch (thrown) {
    const what = headersExport === undefined ? 'the annotations given' : `the export ${headersExport}`;
    return { headers: undefined, findings: [findingOf(thrown, what)] };
  }
}

async function exportedHeaders(
  name: string,
  namespace: Readonly<Record<string, unknown>>,
): Promise<GivenHeaders | { headers: undefined; findings: Finding[] }> {
  const holder = namespace.default as Readonly<Record<string, unknown>> | undefined;
  const value = namespace[name] ?? holder?.[name];
  if (value === undefined) {
    const problem = error(
      'NO_HEADERS',
      `the module has no export ${name}`,
      'Name an export that holds what createHeaders() returned, or a function that returns it.',
    );
    return { headers: undefined, findings: [problem] };
  }
  const headers: unknown = typeof value === 'function' ? await value() : value;
  return { headers, isExample: false, ...readHeaders(name, headers) };
}

function readHeaders(
  name: string,
  headers: unknown,
): { annotations: Annotations; findings: readonly Finding[] } {
  const names =
    typeof headers === 'object' && headers !== null
      ? Symbol.iterator in headers
        ? [...(headers as Iterable<[string, unknown]>)].map(([header]) => header)
        : Object.keys(headers)
      : [];
  const misplaced = names.filter((header) => fields.has(header));
  if (misplaced.length > 0) {
    const problem = error(
      'INVALID_ANNOTATION',
      `${name} holds annotations where headers belong: ${misplaced.join(', ')}`,
      `Pass them through createHeaders(): createHeaders({ ${misplaced.join(', ')} }).`,
    );
    return { annotations: {}, findings: [problem] };
  }
  if (!names.some((header) => annotationHeaderNames.includes(header.toLowerCase()))) {
    const problem = error(
      'INVALID_ANNOTATION',
      `${name} holds no annotation header (it is ${describe(headers)})`,
      'Call createHeaders({ useCaseName, userId, … }) with annotations, and pass what it returns, not the function and not a promise.',
    );
    return { annotations: {}, findings: [problem] };
  }
  try {
    return { annotations: parseHeaders(headers as Record<string, string>), findings: [] };
  } catch (thrown) {
    return { annotations: {}, findings: [findingOf(thrown, `the export ${name}`)] };
  }
}

function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : `a ${typeof value}`;
  const count = Object.keys(value).length;
  return count === 0 ? 'empty' : `an object with ${count} other member${count === 1 ? '' : 's'}`;
}
