import { UnsupportedClientError } from '@payi/core/adapter';

/**
 * The types of the AWS SDK's middleware that this package uses. They are declared here because the SDK exports them from
 * packages that this one does not depend on; a type test compares them with the real client.
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

/** An answer before the SDK has read its body. */
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
}

/** Options of one request, from those of `client.send()`. Times in milliseconds. */
export interface HandlerOptions {
  readonly abortSignal?: AbortSignal | undefined;
  readonly requestTimeout?: number | undefined;
}

/** Options of the SDK's handlers over HTTP/2 and `fetch`. Times in milliseconds, 0 for none. */
export interface HandlerConfig {
  /** More options of a `fetch`. */
  readonly requestInit?: ((request: unknown) => object) | undefined;
  readonly requestTimeout?: number | undefined;
  readonly sessionTimeout?: number | undefined;
  /** The SDK's limit where no other is given. */
  readonly defaultSocketTimeout?: number | undefined;
  readonly nodeHttp2ConnectOptions?: object | undefined;
}

export type Answered = Promise<{ response: HttpResponse }>;

/** Sends requests. */
export interface RequestHandler {
  readonly metadata?: { readonly handlerProtocol?: string } | undefined;
  handle(request: HttpRequest, options?: HandlerOptions): Answered;
  httpHandlerConfigs?(): HandlerConfig;
}

export type Handler = (args: MiddlewareArguments) => Promise<MiddlewareResult>;
export type Middleware = (next: Handler, context: HandlerContext) => Handler;

export interface NamedMiddleware {
  readonly name: string;
  readonly tags: string[];
  readonly override: true;
}

/** `name` and `override` make adding twice harmless; the place must stay the same across releases. */
export interface MiddlewareOptions extends NamedMiddleware {
  readonly step: 'initialize' | 'build' | 'deserialize';
  readonly priority: 'high' | 'low';
}

/** A place beside a middleware of the SDK. */
export interface RelativeMiddlewareOptions extends NamedMiddleware {
  readonly relation: 'before';
  readonly toMiddleware: string;
}

/** What this package needs of a `BedrockRuntimeClient`. */
export interface BedrockClient {
  readonly config: {
    readonly serviceId: string;
    readonly cacheMiddleware?: boolean | undefined;
    /** Read for each call, or with `cacheMiddleware` once per command class. */
    requestHandler: RequestHandler;
  };
  readonly middlewareStack: {
    /** Adds a middleware, or replaces the middleware of the same name. */
    add(middleware: Middleware, options: MiddlewareOptions): void;
    /** The same, for a place beside another middleware. If that is missing, every call fails. */
    addRelativeTo(middleware: Middleware, options: RelativeMiddlewareOptions): void;
    /** One line per middleware, which begins with its name. */
    identify(): string[];
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
