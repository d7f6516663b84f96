import { ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { track } from '@payi/core/context';
import type { Handler } from 'aws-lambda';
import { bedrock, modelId, payi, type Ticket } from './clients.ts';

/** Says which team a ticket is for. */
export const handler: Handler<Ticket, { team: string }> = async (ticket, { awsRequestId }) => {
  try {
    // Every call inside is made for this user, and can be found by the invocation that made it
    return await track(
      {
        useCaseName: 'ticket_triage',
        userId: ticket.userId,
        requestProperties: { aws_request_id: awsRequestId },
      },
      () => triage(ticket.text),
    );
  } finally {
    // Lambda freezes the process as soon as the answer is out: what is not reported by then may never be
    await payi.flush({ timeoutMs: 2000 });
  }
};

async function triage(text: string): Promise<{ team: string }> {
  const { output } = await bedrock.send(
    new ConverseCommand({
      modelId,
      system: [{ text: 'Answer with one word: billing, delivery or other.' }],
      messages: [{ role: 'user', content: [{ text }] }],
    }),
  );
  return { team: output?.message?.content?.[0]?.text ?? 'other' };
}
