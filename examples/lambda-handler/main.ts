import { runExample } from '@payi-internal/examples';
import type { Ticket } from './clients.ts';
import { embeddedBackend } from './embedded-backend.ts';
import { startLocalLambda } from './local-lambda/local-lambda.ts';

const tickets: readonly Ticket[] = [
  { userId: 'customer_8', text: 'I was billed twice.' },
  { userId: 'customer_9', text: 'There is an error on my invoice.' },
];

await runExample({
  providers: ['AWS Bedrock'],
  atPayi: ['the use cases ticket_triage and ticket_reply'],
  embeddedBackend,
  run: async (backend) => {
    for (const handler of ['handler.handler', 'streaming-handler.handler']) {
      console.log(handler);
      const lambda = await startLocalLambda({ handler, taskRoot: import.meta.dirname });
      try {
        for (const ticket of tickets) {
          const { body, isColdStart, pieces } = await lambda.invoke(ticket);
          await lambda.whenFrozen();
          const how = `${isColdStart ? 'cold' : 'warm'}${pieces.length > 1 ? ', in pieces' : ''}`;
          console.log(`  ${ticket.userId}: ${body} (${how})`);
          if (backend) console.log(`    frozen; events at Pay-i: ${backend.payi.ledger.length}`);
        }
      } finally {
        await lambda.close();
      }
    }
  },
  report: ({ payi }) => {
    console.log('\nWhat Pay-i booked:');
    for (const { annotations, units, cost } of payi.ledger) {
      const { useCaseName, userId } = annotations;
      const tokens = `${units.text?.input} in, ${units.text?.output} out`;
      console.log(`  ${useCaseName?.padEnd(13)} ${userId}  ${tokens}, ${cost?.total.base.toFixed(6)} usd`);
    }
  },
});
