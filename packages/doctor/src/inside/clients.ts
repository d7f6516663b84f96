import type { ResolvedPayi } from '@payi/core/adapter';

/** What of an AWS client the doctor touches, across the versions of the SDK. */
export interface BedrockClient {
  readonly config: {
    serviceId: string;
    cacheMiddleware?: boolean;
    requestHandler: RequestHandler;
    region(): Promise<string>;
    credentials: unknown;
    token?: unknown;
    signer?: unknown;
    endpoint?:
      | (() => Promise<{ protocol: string; hostname: string; port?: number; path?: string }>)
      | undefined;
    isCustomEndpoint?: boolean;
  };
  readonly middlewareStack: {
    identify(): string[];
    addRelativeTo(middleware: unknown, options: object): void;
  };
  send(command: unknown): Promise<object>;
}

export interface RequestHandler {
  readonly metadata?: { readonly handlerProtocol?: string };
  handle(request: HttpRequest, options?: object): Promise<{ response: unknown }>;
}

export interface HttpRequest {
  method: string;
  protocol: string;
  hostname: string;
  port?: number | undefined;
  path: string;
  query?: Record<string, string | string[] | null> | undefined;
  headers: Record<string, string>;
  body?: unknown;
}

/** A client of OpenAI or Anthropic. */
export interface FetchClient {
  readonly baseURL: string;
  apiKey?: unknown;
  readonly fetch: unknown;
  readonly middleware?: readonly object[];
  readonly chat?: { completions: { create(body: object, options: object): Promise<object> } };
  readonly messages?: { create(body: object, options: object): Promise<object> };
  awsRegion?: string;
  awsAccessKey?: string | null;
  awsSecretKey?: string | null;
  awsSecretAccessKey?: string | null;
  awsSessionToken?: string | null;
}

/** What @payi/bedrock and @payi/anthropic keep of a registration, as far as the doctor reads it. */
export interface Registration {
  readonly operations?: ReadonlySet<string>;
  readonly payi: ResolvedPayi;
}

/** In the order in which they were made. Kept by @payi/bedrock for all its copies in the process. */
export function bedrockRegistrations(client: object): readonly Registration[] {
  const registries = (globalThis as Record<symbol, unknown>)[Symbol.for('@payi/bedrock.registries')] as
    | WeakMap<object, Iterable<Registration>>
    | undefined;
  return [...(registries?.get(client) ?? [])];
}

/** By the middleware of a client. Kept by @payi/anthropic for all its copies in the process. */
export function anthropicRegistration({ middleware = [] }: FetchClient): Registration | undefined {
  const registrations = (globalThis as Record<symbol, unknown>)[
    Symbol.for('@payi/anthropic.registrations')
  ] as WeakMap<object, Registration> | undefined;
  return middleware.map((one) => registrations?.get(one)).find((found) => found !== undefined);
}

/** The key of a Pay-i, or `undefined` where its route needs none. */
export function apiKeyOf(payi: ResolvedPayi): string | undefined {
  try {
    return payi.apiKey();
  } catch {
    return undefined;
  }
}
