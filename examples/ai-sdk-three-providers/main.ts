import assert from 'node:assert/strict';
import type { Receipt } from '@payi/core';
import { formatReceipt, runExample } from '@payi-internal/examples';
import { embeddedBackend } from './embedded-backend.ts';
import { threeProviders } from './three-providers.ts';

let collected: readonly Receipt[] = [];

await runExample({
  providers: ['AWS Bedrock', 'OpenAI', 'Anthropic'],
  atPayi: ['the use case provider_comparison', 'the limit comparison_budget'],
  embeddedBackend,
  run: async () => {
    const { result, receipts, totals } = await threeProviders();
    for (const [provider, answer] of Object.entries(result)) console.log(`${provider} says: ${answer}`);
    for (const receipt of receipts) console.log(`${receipt.resource}: ${formatReceipt(receipt)}`);
    console.log(`${totals.calls} calls, ${totals.units.text?.input} in, ${totals.units.text?.output} out`);
    collected = receipts;
  },
  report: ({ payi }) => {
    const [first, ...others] = payi.ledger.map(({ annotations }) => annotations);
    assert.equal(others.length, 2);
    for (const annotations of others) assert.deepEqual(annotations, first);
    const counts = ({ resource, units }: Pick<Receipt, 'resource' | 'units'>) => [resource, units.text];
    assert.deepEqual(collected.map(counts), payi.ledger.map(counts));
    console.log(`\nPay-i booked the same three calls, each for ${JSON.stringify(first)}`);
  },
});
