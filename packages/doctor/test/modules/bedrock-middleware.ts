import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { registerBedrockClientCallbacks } from '@payi/bedrock';

type Request = { headers: Record<string, string> };

function makeClient(): BedrockRuntimeClient {
  return new BedrockRuntimeClient({ region: 'us-east-1' });
}

/** Middleware that was there first sees `extraHeaders` on the input. */
export function lateClient(): BedrockRuntimeClient {
  const client = makeClient();
  client.middlewareStack.add((next) => next, { step: 'initialize', priority: 'high', name: 'inputLogger' });
  registerBedrockClientCallbacks(client, 'Converse');
  return client;
}

/** The proxy takes these headers off, so that AWS misses what was signed. Added behind ours, which can do nothing more. */
export function signingClient(): BedrockRuntimeClient {
  const client = makeClient();
  registerBedrockClientCallbacks(client, 'Converse');
  client.middlewareStack.addRelativeTo(
    ((next: (args: { request: Request }) => unknown) => (args: { request: Request }) => {
      args.request.headers['xproxy-user-id'] = 'set-too-early';
      return next(args);
    }) as never,
    { relation: 'before', toMiddleware: 'httpSigningMiddleware', name: 'ownHeaders' },
  );
  return client;
}

/** Whatever it does not know is taken off. */
export function strippingClient(): BedrockRuntimeClient {
  const client = makeClient();
  registerBedrockClientCallbacks(client, 'Converse');
  client.middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as Request;
      delete headers['xProxy-User-ID'];
      return next(args);
    },
    { step: 'deserialize', priority: 'low', name: 'headerFilter' },
  );
  return client;
}

/** Changes what was signed. */
export function breakingClient(): BedrockRuntimeClient {
  const client = makeClient();
  registerBedrockClientCallbacks(client, 'Converse');
  client.middlewareStack.add(
    (next) => (args) => {
      (args.request as Request).headers['content-type'] = 'application/json; charset=utf-8';
      return next(args);
    },
    { step: 'deserialize', name: 'charset' },
  );
  return client;
}
