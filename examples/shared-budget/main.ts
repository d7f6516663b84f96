import { runExample } from '@payi-internal/examples';
import { embeddedBackend } from './embedded-backend.ts';
import { spend } from './spend.ts';

let spent = 0;
await runExample({
  providers: ['OpenAI'],
  atPayi: [],
  embeddedBackend,
  run: async () => {
    spent = await spend();
  },
  report: ({ payi, openai }) => {
    const booked = payi.ledger.reduce((sum, { cost }) => sum + (cost?.total.base ?? 0), 0);
    console.log(`Pay-i booked ${payi.ledger.length} calls for ${booked.toFixed(4)} usd.`);
    if (Math.abs(booked - spent) > 1e-9) throw new Error(`The budget counted ${spent} usd`);
    if (openai.requests.length !== payi.ledger.length) throw new Error('A refused call was sent');
  },
});
