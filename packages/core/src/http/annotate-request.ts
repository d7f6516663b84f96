import { isPayiHeader } from '../annotations/header-names.ts';
import type { AnnotatedHeaders } from '../call/annotate-call.ts';
import type { WebHeaders } from '../web.ts';

/** Deletes headers that must not be sent, and sets those that are missing or rewritten. */
export function setAnnotations(headers: WebHeaders, { set, deleted }: AnnotatedHeaders): void {
  for (const name of deleted) headers.delete(name);
  for (const name in set) headers.set(name, set[name] as string);
}

/**
 * Takes every `xProxy-*` header off a request to the provider, also those that carry no annotation.
 *
 * @returns Whether there was one.
 */
export function deletePayiHeaders(headers: WebHeaders): boolean {
  const names: string[] = [];
  for (const name of headers.keys()) if (isPayiHeader(name)) names.push(name);
  for (const name of names) headers.delete(name);
  return names.length > 0;
}
