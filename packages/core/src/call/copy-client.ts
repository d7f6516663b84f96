import type { OnDiagnostic } from '../settings/diagnostics.ts';
import { isObject } from '../usage/json.ts';

type Members = Record<string, unknown>;

/** How the client of one SDK is copied. */
export interface ClientCopy {
  /** Options of the copy, besides those of the original. */
  readonly options: Readonly<Members>;
  /** Paths of what makes the calls that are observed: `chat.completions`. */
  readonly resources: readonly string[];
  /** What to do where the client cannot be copied. */
  readonly remedy: string;
  /** Whether a copy has the options. The class of an application may have a constructor that does not take them. */
  isOurs(copy: Readonly<Members>): boolean;
  readonly report: OnDiagnostic;
}

/**
 * A client like the one given, made by its own `withOptions()`.
 *
 * That method makes options explicit which the caller never gave, and the SDKs treat some of them differently then: an
 * Anthropic client with a time limit of its own sends calls that may take longer than ten minutes. Older versions leave
 * out options of their subclasses. What differs is therefore put back.
 *
 * @returns The client itself if it cannot be copied, which is reported.
 */
export function copyClient(
  client: object,
  { options, resources, remedy, isOurs, report }: ClientCopy,
): object {
  const replaced = replacedMembers(client, resources);
  let copy: Members;
  try {
    copy = (client as { withOptions(options: object): Members }).withOptions(options);
    if (!isOurs(copy))
      throw new TypeError('a copy made by withOptions() does not have the options given to it');
  } catch (cause) {
    report({
      code: 'CLIENT_LEFT_ALONE',
      message: `the client cannot be copied, so its calls are not observed: ${remedy}`,
      cause,
    });
    return client;
  }
  const lost = [...lostMembers(client, copy, resources)];
  const kept = replacedMembers(copy, resources);
  for (const name of replaced) if (!kept.has(name)) lost.push(name);
  if (lost.length > 0) {
    const names = lost.slice(0, 5).join(', ');
    report({
      code: 'WRAPPER_LOST',
      message: `another tool has changed this client (${names}) and does not see the calls of the client that withPayi() returns: ${remedy}`,
    });
    return copy;
  }
  restore(copy, client as Members, options);
  return copy;
}

/** Methods that are not those of the SDK's classes: put on an object, or given out by a Proxy before it. */
function replacedMembers(client: object, resources: readonly string[]): Set<string> {
  const replaced = new Set<string>();
  for (const [path, resource] of found(client, resources)) {
    const prototype = Object.getPrototypeOf(resource) as object;
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (typeof value === 'function' && name !== 'constructor' && resource[name] !== value) {
        replaced.add(`${path}.${name}`);
      }
    }
  }
  return replaced;
}

/** Members that the class of another tool needs, and that the SDK does not hand on to a copy. */
function lostMembers(client: object, copy: object, resources: readonly string[]): Set<string> {
  const lost = new Set<string>();
  const copies = new Map(found(copy, resources));
  for (const [path, resource] of found(client, resources)) {
    for (const name of Object.keys(resource)) {
      if (resource[name] !== undefined && copies.get(path)?.[name] === undefined) lost.add(`${path}.${name}`);
    }
  }
  return lost;
}

function found(client: object, resources: readonly string[]): [string, Members][] {
  return resources.flatMap((path): [string, Members][] => {
    let member: unknown = client;
    for (const name of path.split('.')) member = (Object(member) as Members)[name];
    return isObject(member) ? [[path, member]] : [];
  });
}

function restore(copy: Members, client: Members, options: Readonly<Members>): void {
  const { _options: given } = client;
  const { _options: made } = copy;
  if (isObject(given) && isObject(made)) {
    const ours = Object.keys(options).filter(
      (name) => name in given || name === 'fetch' || name === 'middleware',
    );
    copy._options = { ...given, ...Object.fromEntries(ours.map((name) => [name, made[name]])) };
  }
  for (const [name, value] of Object.entries(client)) {
    // Resources belong to the client that they were made for. The state of the SDK is shared, as it does itself.
    const isShared = copy[name] === undefined || Object(value) !== value || name.startsWith('_');
    if (isShared && copy[name] !== value && name !== '_options' && !(name in options)) {
      Reflect.set(copy, name, value);
    }
  }
}
