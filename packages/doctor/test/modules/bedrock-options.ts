import { BedrockRuntime, BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { BedrockRuntimeClient as OldestClient } from '@aws-sdk/client-bedrock-runtime-oldest';
import { registerBedrockClientCallbacks } from '@payi/bedrock';
import { createPayi } from '@payi/core';
import { openJournal } from '@payi/core/journal';

const operations = ['InvokeModel', 'InvokeModelWithResponseStream', 'Converse', 'ConverseStream'] as const;

/** With credentials, key and base URL of its own. */
export function ownSettings(): BedrockRuntimeClient {
  const client = new BedrockRuntime({
    region: 'eu-central-1',
    credentials: {
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      secretAccessKey: 'very-secret-access-key',
      sessionToken: 'a-session-token',
    },
    cacheMiddleware: true,
  });
  const payi = createPayi({ apiKey: 'own-application-key', baseUrl: 'https://gateway.example/payi' });
  registerBedrockClientCallbacks(client, operations, { payi });
  return client;
}

/** The first version that is supported, which keeps its credentials in another place. */
export function oldest(): unknown {
  const client = new OldestClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'very-secret-access-key' },
  });
  registerBedrockClientCallbacks(client as unknown as BedrockRuntimeClient, operations);
  return client;
}

/** Annotations go to a gateway, at a path of its own. */
export function gateway(): BedrockRuntimeClient {
  const client = new BedrockRuntimeClient({
    region: 'us-east-1',
    endpoint: 'https://gateway.example/bedrock',
  });
  registerBedrockClientCallbacks(client, 'Converse', { payi: createPayi({ route: 'headers' }) });
  return client;
}

/** Signed for the wrong host. */
export function pointedAtPayi(): BedrockRuntimeClient {
  const client = new BedrockRuntimeClient({ region: 'us-east-1', endpoint: 'https://api.pay-i.com' });
  registerBedrockClientCallbacks(client, 'Converse');
  return client;
}

export function withJournal(): BedrockRuntimeClient {
  const client = new BedrockRuntimeClient({ region: 'us-east-1' });
  const journal = openJournal(process.env.TEST_JOURNAL as string);
  registerBedrockClientCallbacks(client, 'Converse', {
    payi: createPayi({ route: 'direct', delivery: { journal } }),
  });
  return client;
}

export function withoutRegion(): BedrockRuntimeClient {
  const client = new BedrockRuntimeClient();
  registerBedrockClientCallbacks(client, 'Converse');
  return client;
}
