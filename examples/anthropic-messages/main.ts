import { formatReceipt, runExample } from '@payi-internal/examples';
import { embeddedBackend } from './embedded-backend.ts';
import { messages } from './messages.ts';

await runExample({
  providers: ['Anthropic'],
  atPayi: ['the use case recipe_finder'],
  embeddedBackend,
  run: async () => {
    for (const receipt of await messages()) console.log(`Receipt:  ${formatReceipt(receipt)}`);
  },
  report: ({ payi }) => {
    for (const { annotations } of payi.ledger) console.log(`Pay-i booked: ${JSON.stringify(annotations)}`);
  },
});
