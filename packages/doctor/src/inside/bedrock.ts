import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { meteredOperations } from '@payi/bedrock/adapter';
import { type Registration, registrationsOf } from '@payi/core/adapter';
import { error, type Finding, ok } from '../finding.ts';
import type { ClientReport } from '../report.ts';
import type { BedrockClient } from './clients.ts';
import { confinement } from './confinement.ts';
import { startLocalBackend } from './local-backend.ts';
import { localFetch } from './local-fetch.ts';
import { LocalHandler } from './local-handler.ts';
import { checkOrder, middlewareOrder } from './middleware-order.ts';
import { Redirects } from './outgoing.ts';
import type { Rehearsal } from './rehearse.ts';

export interface ExaminedBedrock {
  readonly report: Omit<ClientReport, 'exportName'>;
  readonly registrations: readonly Registration[];
  readonly findings: readonly Finding[];
}

export async function examineBedrock(client: BedrockClient): Promise<ExaminedBedrock> {
  const registrations = registrationsOf(client);
  const registered = [...new Set(registrations.flatMap(({ operations = [] }) => [...operations]))];
  const unregistered = meteredOperations.filter((operation) => !registered.includes(operation));
  const middleware = middlewareOrder(client);
  const { requestHandler } = client.config;
  const protocol = requestHandler?.metadata?.handlerProtocol ?? 'http/1.1';
  const [first] = registrations;
  const endpoint = await endpointOf(client);
  return {
    report: {
      provider: 'bedrock',
      className: client.constructor.name,
      ...(endpoint !== undefined && { endpoint }),
      ...(first && {
        route: first.payi.route,
        payiBaseUrl: first.payi.baseUrl,
        defaults: first.payi.defaults,
      }),
      operations: { registered, unregistered },
      middleware,
      requestHandler: { name: requestHandler?.constructor?.name ?? 'unknown', protocol },
    },
    registrations,
    findings: [checkRegistered(registered, unregistered), ...checkOrder(middleware)],
  };
}

function checkRegistered(registered: readonly string[], unregistered: readonly string[]): Finding {
  if (registered.length === 0) {
    return error(
      'UNREGISTERED_OPERATION',
      'no operation of this client has callbacks registered when its module has been imported: the AWS SDK drops ' +
        'extraHeaders without a word, and calls go to AWS without Pay-i',
      "Right after the client is made, and before any call: registerBedrockClientCallbacks(client, ['InvokeModel', " +
        "'InvokeModelWithResponseStream', 'Converse', 'ConverseStream']), with the operations that you use. If that " +
        'line is there, it runs too late, or on another client.',
    );
  }
  const rest = unregistered.length > 0 ? `; not registered: ${unregistered.join(', ')}` : '';
  return ok('REGISTERED', `registered: ${registered.join(', ')}${rest}`);
}

async function endpointOf({ config }: BedrockClient): Promise<string | undefined> {
  try {
    if (config.endpoint === undefined) return undefined;
    const { protocol, hostname, port, path = '/' } = await config.endpoint();
    return `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`.replace(/\/$/, '');
  } catch {
    return undefined;
  }
}

/** Whose region, or else one for the dry run; `isOwn` tells. */
async function regionOf({ config }: BedrockClient): Promise<{ region: string; isOwn: boolean }> {
  try {
    return { region: await config.region(), isOwn: true };
  } catch {
    // The client reads it again with each call.
    process.env.AWS_REGION = 'us-east-1';
    return { region: 'us-east-1', isOwn: false };
  }
}

/** The operation to rehearse: the one asked for, else the first that is registered. */
export function operationToRehearse(asked: string | undefined, registered: readonly string[]): string {
  const first = registered.find((name) => (meteredOperations as readonly string[]).includes(name));
  return asked ?? first ?? registered[0] ?? 'InvokeModel';
}

/**
 * Prepares one call of a Bedrock client. Request handler and credentials of the client are exchanged for local ones,
 * for good: the process ends with the doctor.
 *
 * @throws When the AWS SDK of the module cannot be found, or does not know the operation.
 */
export async function rehearseBedrock(
  client: BedrockClient,
  operation: string,
  model: string,
  modulePath: string,
  registration: Registration | undefined,
  payiBaseUrl: string,
): Promise<Rehearsal> {
  const Command = findCommand(operation, client, modulePath);
  const { region, isOwn } = await regionOf(client);
  const backend = await startLocalBackend('bedrock', region);
  const redirects = new Redirects(backend, payiBaseUrl);
  const { config } = client;
  const own = config.requestHandler?.metadata?.handlerProtocol ?? 'http/1.1';
  // Proxied calls go out over HTTP/1.1, as most do in the application.
  const handler = new LocalHandler(redirects, registration?.payi.route === 'proxy' ? 'http/1.1' : own);
  config.requestHandler = handler;
  // By which the events of route `direct` are reported.
  confinement().fetch = localFetch(redirects);
  useLocalCredentials(client, backend.credentials);
  if (config.cacheMiddleware === true) delete (client as { handlers?: unknown }).handlers;
  return {
    backend,
    redirects,
    findings: isOwn
      ? []
      : [
          error(
            'NO_REGION',
            'the client has no AWS region, so every call of it fails',
            "Set AWS_REGION, or pass region to the client's constructor. The dry run took us-east-1.",
          ),
        ],
    call: async (headers) => {
      const input = { ...inputOf(operation, model), extraHeaders: headers };
      const response = (await client.send(new Command(input))) as Record<string, unknown>;
      await readToTheEnd(response.stream ?? response.body);
      return response;
    },
    dispose: () => {
      handler.destroy();
      confinement().fetch = undefined;
    },
  };
}

function useLocalCredentials(
  { config }: BedrockClient,
  {
    accessKeyId,
    secretAccessKey,
    bearerToken,
  }: Record<'accessKeyId' | 'secretAccessKey' | 'bearerToken', string>,
): void {
  const credentials = async () => ({ accessKeyId, secretAccessKey });
  config.credentials = credentials;
  if (config.token !== undefined) config.token = async () => ({ token: bearerToken });
  if (process.env.AWS_BEARER_TOKEN_BEDROCK) process.env.AWS_BEARER_TOKEN_BEDROCK = bearerToken;
  // Versions before 3.750 or so sign with what their signer was made with.
  const { signer } = config;
  if (typeof signer === 'function') {
    config.signer = async (...args: unknown[]) => {
      const made = (await signer(...args)) as { credentialProvider?: unknown };
      if (made.credentialProvider !== undefined) made.credentialProvider = credentials;
      return made;
    };
  }
}

type Command = new (input: object) => unknown;

/** Of the copy of the SDK that made the client; or else of one that the module, or the working directory, would get. */
function findCommand(operation: string, client: BedrockClient, modulePath: string): Command {
  const name = '@aws-sdk/client-bedrock-runtime';
  const loaded = [...confinement().files].filter((file) =>
    /\/client-bedrock-runtime\/dist-\w+\/index\.js$/.test(file),
  );
  const places: [from: string, specifier: string][] = [
    ...loaded.map((file): [string, string] => [modulePath, fileURLToPath(file)]),
    [modulePath, name],
    [`${process.cwd()}/package.json`, name],
  ];
  let found: Command | undefined;
  let problem: unknown;
  for (const [from, specifier] of places) {
    try {
      const sdk = createRequire(from)(specifier) as Record<string, Command | undefined>;
      const command = sdk[`${operation}Command`];
      // Commands of one version do not fit clients of another: they share the work on a request in other ways.
      if (command !== undefined && sdk.BedrockRuntimeClient !== undefined) {
        if (client instanceof sdk.BedrockRuntimeClient) return command;
        found ??= command;
      } else problem ??= new Error(`${name} has no ${operation}Command`);
    } catch (thrown) {
      problem ??= thrown;
    }
  }
  if (found === undefined) throw problem;
  return found;
}

const prompt = 'payi-doctor dry run';

function inputOf(operation: string, modelId: string): object {
  if (/^Converse/.test(operation)) {
    return { modelId, messages: [{ role: 'user', content: [{ text: prompt }] }] };
  }
  const isAnthropic = /anthropic\./.test(modelId);
  const body = isAnthropic
    ? {
        anthropic_version: 'bedrock-2023-05-31',
        max_tokens: 16,
        messages: [{ role: 'user', content: prompt }],
      }
    : { messages: [{ role: 'user', content: [{ text: prompt }] }], inferenceConfig: { maxTokens: 16 } };
  return { modelId, contentType: 'application/json', body: JSON.stringify(body) };
}

async function readToTheEnd(body: unknown): Promise<void> {
  if (typeof body !== 'object' || body === null || body instanceof Uint8Array) return;
  if (Symbol.asyncIterator in body) for await (const _ of body as AsyncIterable<unknown>);
}
