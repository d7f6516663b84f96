import { headerNames } from './header-names.ts';
import { changesUseCase, useCaseFields } from './merge-annotations.ts';

const canonicalNames = new Map<string, string>(
  Object.values(headerNames).flatMap((name) => [
    [name, name],
    [name.toLowerCase(), name],
  ]),
);
const useCaseHeaders = useCaseFields.map((field) => headerNames[field]);

/** The documented spelling of a Pay-i header given in any case; `undefined` for any other header. */
export function canonicalHeaderName(name: string): string | undefined {
  return canonicalNames.get(name) ?? canonicalNames.get(name.toLowerCase());
}

/**
 * Lays the headers of one call over default headers, by the rules of `mergeAnnotations()` on the wire: names match
 * in any case, an annotation header that is present and empty clears the default, and another use case name inherits no
 * id, version, step or properties.
 *
 * @param defaults - As `createHeaders()` writes them. Not changed.
 * @param headers - Values that can travel; names in any case, the later of two spellings wins. Not changed.
 */
export function mergeHeaders(
  defaults: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>>,
): Record<string, string> {
  const merged: Record<string, string> = { ...defaults };
  const useCaseName = lastValueOf(headerNames.useCaseName, headers);
  if (changesUseCase(merged[headerNames.useCaseName], useCaseName)) {
    for (const name of useCaseHeaders) delete merged[name];
  }
  for (const name in headers) {
    const canonical = canonicalHeaderName(name);
    const value = headers[name] as string;
    if (canonical === undefined) setInAnyCase(merged, name, value);
    else if (value === '') delete merged[canonical];
    else merged[canonical] = value;
  }
  return merged;
}

function lastValueOf(canonical: string, headers: Readonly<Record<string, string>>): string | undefined {
  let value: string | undefined;
  for (const name in headers) if (canonicalHeaderName(name) === canonical) value = headers[name];
  return value;
}

/** Sets a header and removes its other spellings. */
export function setInAnyCase(headers: Record<string, string>, name: string, value: string): void {
  if (!Object.hasOwn(headers, name)) {
    const wanted = name.toLowerCase();
    for (const present of Object.keys(headers)) {
      if (present.toLowerCase() === wanted) delete headers[present];
    }
  }
  headers[name] = value;
}
