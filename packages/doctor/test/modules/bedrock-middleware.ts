import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { registerBedrockClientCallbacks } from '@payi/bedrock';
import { NodeHttpHandler } from '@smithy/node-http-handler';

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

/** Pay-i takes these headers off, so that AWS misses what was signed. */
export function signingClient(): BedrockRuntimeClient {
  const client = makeClient();
  registerBedrockClientCallbacks(client, 'Converse');
  client.middlewareStack.add(
    (next) => (args) => {
      (args.request as Request).headers['xproxy-user-id'] = 'set-too-early';
      return next(args);
    },
    { step: 'build', name: 'ownHeaders' },
  );
  return client;
}

/** Whatever it does not know is taken off. */
export function strippingClient(
  client = new BedrockRuntimeClient({ region: 'us-east-1', requestHandler: new NodeHttpHandler() }),
): BedrockRuntimeClient {
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

/** The same, where proxied calls do not come by: the handler speaks HTTP/2. */
export function passedByClient(): BedrockRuntimeClient {
  return strippingClient(makeClient());
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
