import type { BedrockClient, FetchClient } from './clients.ts';

/** A client, by what it looks like: its class may be of another copy of the SDK than anyone else's. */
export type FoundClient = { readonly exportName: string } & (
  | { readonly provider: 'bedrock'; readonly client: BedrockClient }
  | { readonly provider: 'openai' | 'anthropic'; readonly client: FetchClient }
);

/** Another AWS service, which is easily taken for Bedrock's runtime. */
export interface OtherService {
  readonly exportName: string;
  readonly serviceId: string;
}

export interface Search {
  readonly clients: readonly FoundClient[];
  readonly others: readonly OtherService[];
  /** Of all that the module exports. */
  readonly exportNames: readonly string[];
}

type Namespace = Readonly<Record<string, unknown>>;

/**
 * Looks for clients among what a module exports, or at the one export that is named.
 *
 * A function is called, without arguments, only when it was named, or when it is the default export of a module that has
 * no client as it is: any other may do anything.
 *
 * @throws Whatever such a function throws, or another export that was looked at, where there is no client besides.
 */
export async function findClients(namespace: Namespace, exportName: string | undefined): Promise<Search> {
  const members = membersOf(namespace);
  const exportNames = Object.keys(members);
  const names = exportName === undefined ? exportNames : [exportName];
  const clients: FoundClient[] = [];
  const others: OtherService[] = [];
  const look = async (name: string, isCalled: boolean): Promise<void> => {
    const value = await resolveValue(members[name], isCalled);
    const provider = providerOf(value);
    const serviceId = serviceIdOf(value);
    if (provider !== undefined) {
      if (clients.some(({ client }) => client === value)) return;
      clients.push({ exportName: name, provider, client: value } as FoundClient);
    } else if (typeof serviceId === 'string') others.push({ exportName: name, serviceId });
  };
  const problems: unknown[] = [];
  for (const name of names) {
    // Something else than a client may throw when it is looked at: settings that are read late, say.
    await look(name, name === exportName).catch((thrown: unknown) => problems.push(thrown));
  }
  if (clients.length === 0 && exportName === undefined && 'default' in members) await look('default', true);
  if (clients.length === 0 && problems.length > 0) throw problems[0];
  return { clients, others, exportNames };
}

/** Of a CommonJS module, `module.exports` is the default export; what it holds counts as exported by name. */
function membersOf(namespace: Namespace): Record<string, unknown> {
  const { default: defaultExport } = namespace;
  const isPlain =
    typeof defaultExport === 'object' &&
    defaultExport !== null &&
    Object.getPrototypeOf(defaultExport) === Object.prototype;
  const members: Record<string, unknown> = { ...(isPlain ? defaultExport : {}), ...namespace };
  if (isPlain) delete members.default;
  delete members['module.exports'];
  return members;
}

async function resolveValue(value: unknown, isCalled: boolean): Promise<unknown> {
  if (typeof value === 'function' && isCalled && !/^class\b/.test(Function.prototype.toString.call(value))) {
    return await value();
  }
  return await value;
}

function serviceIdOf(value: unknown): unknown {
  return (value as { config?: { serviceId?: unknown } } | null | undefined)?.config?.serviceId;
}

function providerOf(value: unknown): 'bedrock' | 'openai' | 'anthropic' | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const candidate = value as {
    middlewareStack?: { add?: unknown };
    baseURL?: unknown;
    chat?: { completions?: unknown };
    messages?: { create?: unknown };
  };
  if (serviceIdOf(value) === 'Bedrock Runtime' && typeof candidate.middlewareStack?.add === 'function') {
    return 'bedrock';
  }
  if (typeof candidate.baseURL !== 'string') return undefined;
  if (candidate.chat?.completions !== undefined) return 'openai';
  return typeof candidate.messages?.create === 'function' ? 'anthropic' : undefined;
}
