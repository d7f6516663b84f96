import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { registerBedrockClientCallbacks } from '@payi/bedrock';
import { createPayi } from '@payi/core';
import { track } from '@payi/core/context';
import type { Handler } from 'aws-lambda';
import type { Ticket } from '../clients.ts';

const bedrock = new BedrockRuntimeClient();
registerBedrockClientCallbacks(bedrock, 'Converse', {
  payi: createPayi({ route: 'direct', delivery: { intervalMs: 5000 } }),
});

/** Calls a model and does not flush. */
export const handler: Handler<Ticket, string> = ({ userId, text }) =>
  track({ userId }, async () => {
    const messages = [{ role: 'user' as const, content: [{ text }] }];
    await bedrock.send(new ConverseCommand({ modelId: 'amazon.nova-lite-v1:0', messages }));
    return 'done';
  });
