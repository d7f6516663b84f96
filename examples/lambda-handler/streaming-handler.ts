import type { Writable } from 'node:stream';
import { ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { track } from '@payi/core/context';
import type { StreamifyHandler } from 'aws-lambda';
import { bedrock, modelId, payi, type Ticket } from './clients.ts';

/** Answers a ticket, word by word. */
export const handler: StreamifyHandler<Ticket, void> = awslambda.streamifyResponse(
  async (ticket, responseStream, { awsRequestId }) => {
    try {
      await track(
        {
          useCaseName: 'ticket_reply',
          userId: ticket.userId,
          requestProperties: { aws_request_id: awsRequestId },
        },
        () => reply(ticket.text, responseStream),
      );
      responseStream.end();
    } finally {
      // The user has the whole answer and waits no longer; the process is frozen only after this
      await payi.flush({ timeoutMs: 2000 });
    }
  },
);

async function reply(text: string, responseStream: Writable): Promise<void> {
  const { stream = [] } = await bedrock.send(
    new ConverseStreamCommand({ modelId, messages: [{ role: 'user', content: [{ text }] }] }),
  );
  for await (const { contentBlockDelta } of stream) {
    const piece = contentBlockDelta?.delta?.text;
    if (piece) responseStream.write(piece);
  }
}
