import { headersAreUsed } from '../annotations/unused-headers.ts';
import { isObject } from '../runtime.ts';
import type { OnDiagnostic } from '../settings/diagnostics.ts';

type Members = Record<string, unknown>;

/** How the client of one SDK is copied. */
export interface ClientCopy {
  /** Options of the copy, besides those of the original. */
  readonly options: Readonly<Members>;
  /** Creates the copy, if the SDK has no `withOptions()`. */
  readonly create?: () => object;
  /** Paths of the objects whose calls are observed, e.g. `chat.completions`. */
  readonly resources: readonly string[];
  /** What to do where the client cannot be copied. */
  readonly remedy: string;
  /** Whether a copy has the options. The constructor of an application's subclass may ignore them. */
  isOurs(copy: Readonly<Members>): boolean;
  readonly report: OnDiagnostic;
}

/**
 * Copies a client with its own `withOptions()`.
 *
 * That method passes options that the caller never gave, and the SDKs treat explicit options differently: an Anthropic
 * client with an explicit timeout sends calls that may take longer than ten minutes. Older versions leave out options of
 * their subclasses. Such differences are undone, unless another tool has changed the client.
 *
 * @returns The client itself if it cannot be copied, which is reported.
 */
export function copyClient(
  client: object,
  { options, create, resources, remedy, isOurs, report }: ClientCopy,
): object {
  headersAreUsed();
  let copy: Members;
  try {
    copy = (create?.() ??
      (client as { withOptions(options: object): object }).withOptions(options)) as Members;
    if (!isOurs(copy)) throw new TypeError('the copy does not have the options that it was given');
  } catch (cause) {
    report({
      code: 'CLIENT_LEFT_ALONE',
      message: `the client cannot be copied, so its calls are not observed: ${remedy}`,
      cause,
    });
    return client;
  }
  try {
    const copied = ownMembers(copy, resources);
    const lost = [...ownMembers(client, resources)].filter(([name, text]) => copied.get(name) !== text);
    if (lost.length === 0) {
      restore(copy, client as Members, options);
    } else {
      report({
        code: 'WRAPPER_LOST',
        message: `another tool has changed the client (${lost
          .slice(0, 5)
          .map(([name]) => name)
          .join(', ')}) and does not see the calls of its copy: ${remedy}`,
      });
    }
  } catch (cause) {
    report({ code: 'INTERNAL_FAULT', message: 'a client could not be compared with its copy', cause });
  }
  return copy;
}

/**
 * Members of a client's resources that are not methods of their class: own members, and methods replaced by a Proxy. Each
 * with its text, because Google's methods are own members, and those of a tool have other code.
 */
function ownMembers(client: object, resources: readonly string[]): Map<string, string> {
  const own = resources.flatMap((path) => {
    let resource: unknown = client;
    for (const name of path.split('.')) resource = (Object(resource) as Members)[name];
    if (!isObject(resource)) return [];
    const members: Members = resource;
    const methods = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(members) as object);
    return Object.keys({ ...methods, ...members })
      .filter((name) => name !== 'constructor' && members[name] !== undefined)
      .filter((name) => members[name] !== (methods as Record<string, PropertyDescriptor>)[name]?.value)
      .map((name): [string, string] => [`${path}.${name}`, textOf(members[name])]);
  });
  return new Map(own);
}

function textOf(value: unknown): string {
  return typeof value === 'function' ? Function.prototype.toString.call(value) : '';
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
    // Resources belong to the client that they were created for. The SDK shares its own state (`_…`), and so do we.
    const isShared = copy[name] === undefined || Object(value) !== value || name.startsWith('_');
    if (isShared && copy[name] !== value && name !== '_options' && !(name in options)) {
      Reflect.set(copy, name, value);
    }
  }
}
