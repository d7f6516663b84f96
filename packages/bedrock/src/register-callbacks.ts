import type { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import {
  type AdapterOptions,
  agreesWith,
  ConfigurationError,
  headersAreUsed,
  isDisabled,
  type ResolvedPayi,
  registrations,
  resolveOptions,
  withoutSecrets,
} from '@payi/core/adapter';
import { addMiddleware, removeMiddleware } from './add-middleware.ts';
import { proxyTarget } from './address.ts';
import type { Registration } from './call.ts';
import { assertBedrockClient, type BedrockClient } from './client.ts';
import { checkRequestMetadata, type RequestMetadataKeys } from './metadata-keys.ts';
import {
  type BedrockOperation,
  bedrockOperations,
  billedOperations,
  findRegistration,
  isBedrockOperation,
  registeredNames,
} from './operations.ts';
import { installHandler, reportBypassed, restoreHandler } from './request-handler.ts';

/** Options of {@link registerBedrockClientCallbacks}. */
export interface BedrockCallbackOptions extends AdapterOptions {
  /**
   * Annotations that AWS is to keep in its model invocation logs, with AWS's key for each, for example
   * `{ useCaseName: 'feature', accountName: 'tenant' }`. They travel as `requestMetadata` of Converse and ConverseStream, and as
   * the signed header `X-Amzn-Bedrock-Request-Metadata` of InvokeModel and InvokeModelWithResponseStream. A pair that the call
   * has under the same key wins.
   *
   * AWS allows 16 pairs and few characters. In values a character that is not allowed becomes `_`, the members of a list are joined with
   * blanks, and text beyond 256 characters is cut. A pair without room is left out, with a warning on the receipt.
   *
   * @default none: annotations may be personal data
   */
  readonly requestMetadata?: RequestMetadataKeys | undefined;
}

/**
 * The shape of a `BedrockRuntimeClient` from another copy of the AWS SDK, which to the compiler is a different class.
 */
export interface BedrockClientLike {
  /** The client's resolved configuration. */
  readonly config: { readonly requestHandler: object };
  /** Where the client's middleware is. */
  readonly middlewareStack: object;
  /** Sends a command. */
  send(command: never): unknown;
}

/** Returned by {@link registerBedrockClientCallbacks}. */
export interface BedrockRegistration {
  /** The operations this registration names. */
  readonly operations: readonly BedrockOperation[];
  /** Undoes only this registration. The last one also removes the middleware from the client. */
  unregister(): void;
}

/**
 * Registers Pay-i's callbacks for one or more operations of a Bedrock runtime client.
 *
 * The AWS SDK cannot add headers to a single call. Once registered, commands of these operations accept `extraHeaders`,
 * which are added to each attempt after signing. On route `proxy` the attempts go to Pay-i. The client is extended
 * in place; the inputs of its commands and its other operations stay as they are.
 *
 * Registering an operation again changes nothing (diagnostic `REGISTRATION_IGNORED` when the options differ).
 * Registrations of different operations add up. Works before and after the first call, on clients with
 * `cacheMiddleware: true`, and when the ESM and the CJS copy of this package meet in one process.
 *
 * @param client - A `BedrockRuntimeClient` or `BedrockRuntime`. Register before adding middleware of your own at
 *   `initialize` / `high`, which would otherwise still see `extraHeaders`.
 * @param operation - An operation that AWS bills, or several; the other operations of the client only on route `headers`.
 *   Pay-i's proxy serves `InvokeModel`, `InvokeModelWithResponseStream`, `Converse` and `ConverseStream`: on route `proxy`,
 *   calls of `ApplyGuardrail`, `InvokeModelWithBidirectionalStream` and `StartAsyncInvoke` go to AWS, with a warning on the
 *   receipt.
 * @throws `UnsupportedClientError` the object is not such a client.
 * @throws `ConfigurationError` an operation is unknown or cannot take the route, the route's key is missing, or
 *   `requestMetadata` cannot be kept by AWS.
 */
export function registerBedrockClientCallbacks(
  client: BedrockRuntimeClient | BedrockClientLike,
  operation: BedrockOperation | readonly BedrockOperation[],
  options: BedrockCallbackOptions = {},
): BedrockRegistration {
  headersAreUsed();
  if (isDisabled(options)) return { operations: [operation].flat() as BedrockOperation[], unregister() {} };
  const plain: unknown = client;
  assertBedrockClient(plain);
  const operations = checkOperations(operation);
  const settings = resolveOptions('registerBedrockClientCallbacks()', options, ['requestMetadata']);
  const registration: Registration = {
    ...settings,
    operations: new Set(operations),
    proxy: settings.payi.route === 'proxy' ? proxyTarget(settings.payi) : undefined,
    requestMetadata: checkRequestMetadata(options.requestMetadata),
  };
  checkRoute(registration);
  const registry = registryOf(plain) ?? install(plain, settings.payi);
  reportIgnored(registry, registration);
  registry.add(registration);
  reportBypassed(plain, registration);
  return Object.freeze({
    operations: Object.freeze(operations),
    unregister() {
      if (registry.delete(registration) && registry.size === 0) uninstall(plain);
    },
  });
}

/**
 * The operations that have callbacks registered on a client now, each once. Empty for a client that was never
 * registered: the AWS SDK silently ignores `extraHeaders` on its commands.
 */
export function registeredOperations(
  client: BedrockRuntimeClient | BedrockClientLike,
): readonly BedrockOperation[] {
  return registeredNames(registryOf(client) ?? []) as BedrockOperation[];
}

/** What is registered on a client, oldest first. */
type Registry = Set<Registration>;

function registryOf(client: object): Registry | undefined {
  return registrations.get(client) as Registry | undefined;
}

function checkOperations(operation: unknown): BedrockOperation[] {
  const operations = Array.isArray(operation) ? [...new Set<unknown>(operation)] : [operation];
  if (operations.length === 0)
    throw new ConfigurationError('name at least one operation, for example InvokeModel');
  for (const name of operations) {
    if (!isBedrockOperation(name)) {
      throw new ConfigurationError(
        `${withoutSecrets(JSON.stringify(name) ?? 'that')} is not an operation of the Bedrock runtime; the names are ` +
          `${bedrockOperations.join(', ')} (the command's name without "Command")`,
      );
    }
  }
  return operations as BedrockOperation[];
}

function checkRoute({ operations, payi }: Registration): void {
  if (payi.route === 'headers') return;
  for (const operation of operations) {
    if (!billedOperations.includes(operation)) {
      throw new ConfigurationError(
        `${operation} cannot take route '${payi.route}': Pay-i meters ${billedOperations.join(', ')}. ` +
          `Register it with createPayi({ route: 'headers' }).`,
      );
    }
  }
  payi.apiKey();
}

function reportIgnored(registry: Registry, registration: Registration): void {
  for (const operation of registration.operations) {
    const inForce = findRegistration(registry, operation);
    if (inForce === undefined) continue;
    const { requestMetadata: keys } = registration;
    if (
      (keys.length > 0 && `${keys}` !== `${inForce.requestMetadata}`) ||
      !agreesWith(inForce, registration)
    ) {
      registration.payi.report({
        code: 'REGISTRATION_IGNORED',
        message: `${operation} is registered already with other options, which stay in force until unregistered`,
        operation,
      });
    }
  }
}

function install(client: BedrockClient, payi: ResolvedPayi): Registry {
  const registry: Registry = new Set();
  addMiddleware(client, registry, payi);
  installHandler(client, registry, payi);
  registrations.set(client, registry);
  dropCachedHandlers(client);
  return registry;
}

function uninstall(client: BedrockClient): void {
  removeMiddleware(client);
  restoreHandler(client);
  registrations.delete(client);
  dropCachedHandlers(client);
}

/** With `cacheMiddleware: true` the client reuses the handlers of commands it has sent, which predate the change. */
function dropCachedHandlers(client: BedrockClient): void {
  if (client.config.cacheMiddleware === true) delete (client as { handlers?: unknown }).handlers;
}
