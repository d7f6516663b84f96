import { formatReceipt, runExample } from '@payi-internal/examples';
import { embeddedBackend } from './embedded-backend.ts';
import { responsesStream } from './responses-stream.ts';

await runExample({
  providers: ['OpenAI'],
  atPayi: ['the use case story_teller'],
  embeddedBackend,
  run: async () => {
    for (const receipt of await responsesStream()) {
      const firstTokenMs = receipt.timeToFirstTokenMs?.toFixed(0);
      console.log(`Receipt: ${formatReceipt(receipt)}, first token after ${firstTokenMs} ms`);
    }
  },
  // The call whose reader left is booked too.
  report: ({ payi }) => {
    for (const { annotations } of payi.ledger) console.log(`Pay-i booked: ${JSON.stringify(annotations)}`);
  },
});
