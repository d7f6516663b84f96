import { formatReceipt, runExample } from '@payi-internal/examples';
import { chat } from './chat.ts';
import { embeddedBackend } from './embedded-backend.ts';

await runExample({
  providers: ['OpenAI'],
  atPayi: ['the use case trip_planner'],
  embeddedBackend,
  run: async () => {
    for (const receipt of await chat()) console.log(`Receipt:  ${formatReceipt(receipt)}`);
  },
  report: ({ payi }) => {
    for (const { annotations } of payi.ledger) console.log(`Pay-i booked: ${JSON.stringify(annotations)}`);
  },
});
