import dgram from 'node:dgram';
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { registerBedrockClientCallbacks } from '@payi/bedrock';
import { createPayi } from '@payi/core';

/** A server that is not on the loopback interface. */
const outside = new URL(process.env.TEST_OUTSIDE_URL as string);

const isProxied = process.env.TEST_ROUTE !== 'headers';

export const client = new BedrockRuntimeClient({
  region: 'us-east-1',
  maxAttempts: 1,
  // With route proxy it is Pay-i that is somewhere else.
  ...(!isProxied && { endpoint: outside.href }),
});
registerBedrockClientCallbacks(client, 'Converse', {
  payi: createPayi({ baseUrl: outside.origin, route: isProxied ? 'proxy' : 'headers' }),
});

/** All the ways out that a module has, tried when it is imported, and when it is not the doctor that imports it. */
export async function reachOut(): Promise<void> {
  const messages = [{ role: 'user' as const, content: [{ text: 'Are you there?' }] }];
  await Promise.allSettled([
    fetch(outside),
    client.send(new ConverseCommand({ modelId: 'amazon.nova-lite-v1:0', messages })),
    new Promise((resolve) => {
      const socket = dgram.createSocket('udp4');
      socket.once('error', resolve);
      socket.send('metrics', Number(outside.port), outside.hostname, (error) => {
        socket.close();
        resolve(error);
      });
    }),
  ]);
}

await reachOut();
