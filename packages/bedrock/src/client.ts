import { UnsupportedClientError } from '@payi/core/adapter';

/**
 * The parts of the AWS SDK's middleware that this package touches, as types. They are written down here because the
 * SDK exports them from packages that are not ours to depend on; a type test holds them against the real client.
 */

/** A request on its way through the SDK. */
export interface HttpRequest {
  method: string;
  protocol: string;
  hostname: string;
  port?: number | undefined;
  /** Percent-encoded, as it is signed and sent. */
  path: string;
  query?: Record<string, string | string[] | null> | undefined;
  headers: Record<string, string>;
  body?: unknown;
}

export interface HttpResponse {
  readonly statusCode: number;
  readonly reason?: string | undefined;
  readonly headers: Record<string, string>;
  body?: unknown;
}

/** What travels from middleware to middleware. Copied, never changed, when something is added. */
export interface MiddlewareArguments {
  readonly input: Record<string, unknown>;
  readonly request?: HttpRequest;
}

export interface MiddlewareResult {
  readonly response: HttpResponse;
  readonly output?: unknown;
}

export interface HandlerContext {
  /** Name of the command's class, e.g. `InvokeModelCommand`. */
  readonly commandName?: string;
  readonly __smithy_context?: { readonly abortSignal?: AbortSignal } | undefined;
}

export type Handler = (args: MiddlewareArguments) => Promise<MiddlewareResult>;
export type Middleware = (next: Handler, context: HandlerContext) => Handler;

/** `name` and `override` make adding twice harmless; step and priority must stay the same across releases. */
export interface MiddlewareOptions {
  readonly name: string;
  readonly step: 'initialize' | 'build' | 'deserialize';
  readonly priority: 'high' | 'low';
  readonly tags: string[];
  readonly override: true;
}

/** What this package needs of a `BedrockRuntimeClient`. */
export interface BedrockClient {
  readonly config: {
    readonly serviceId: string;
    readonly cacheMiddleware?: boolean | undefined;
    readonly requestHandler: {
      readonly metadata?: { readonly handlerProtocol?: string } | undefined;
      /** Sends a request. */
      handle(...args: never[]): unknown;
    };
  };
  readonly middlewareStack: {
    /** Adds a middleware, or replaces the middleware of the same name. */
    add(middleware: Middleware, options: MiddlewareOptions): void;
    /** Removes a middleware by its name. */
    remove(name: string): boolean;
  };
}

/** @throws `UnsupportedClientError` when the object is not a Bedrock runtime client of the AWS SDK v3. */
export function assertBedrockClient(client: unknown): asserts client is BedrockClient {
  const candidate = client as Partial<BedrockClient> | null | undefined;
  const missing: string[] = [];
  if (typeof candidate?.middlewareStack?.add !== 'function') missing.push('middlewareStack.add');
  if (typeof candidate?.middlewareStack?.remove !== 'function') missing.push('middlewareStack.remove');
  if (typeof candidate?.config?.requestHandler?.handle !== 'function')
    missing.push('config.requestHandler.handle');
  if (candidate?.config?.serviceId !== 'Bedrock Runtime') missing.push("config.serviceId 'Bedrock Runtime'");
  if (missing.length > 0) {
    throw new UnsupportedClientError(
      '@payi/bedrock',
      missing,
      'a BedrockRuntimeClient or BedrockRuntime of @aws-sdk/client-bedrock-runtime 3.x',
    );
  }
}

/**
 * A copy of a request with other headers that is still an `HttpRequest` to the SDK. Requests are copied before they are
 * changed because a retry starts again from the same object.
 */
export function withHeaders(request: HttpRequest, headers: Record<string, string>): HttpRequest {
  const copy = Object.create(Object.getPrototypeOf(request) as object) as HttpRequest;
  return Object.assign(copy, request, { headers });
}
