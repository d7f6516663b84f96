import type { HttpRequest, BedrockClient as RegisteredClient } from '@payi/bedrock/adapter';
import type { ResolvedPayi } from '@payi/core/adapter';

/** The parts of an AWS client that the doctor touches, across the versions of the SDK. */
export interface BedrockClient {
  readonly config: RegisteredClient['config'] & {
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

/** The key of a Pay-i, or `undefined` where its route needs none. */
export function apiKeyOf(payi: ResolvedPayi): string | undefined {
  try {
    return payi.apiKey();
  } catch {
    return undefined;
  }
}
