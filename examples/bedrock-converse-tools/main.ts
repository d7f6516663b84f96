import { strictEqual } from 'node:assert/strict';
import { formatReceipt, runExample } from '@payi-internal/examples';
import { embeddedBackend } from './embedded-backend.ts';
import { parcelSupport } from './parcel-support.ts';

await runExample({
  providers: ['AWS Bedrock'],
  atPayi: ['the use case parcel_support'],
  embeddedBackend,
  run: async () => {
    for (const [operation, receipts] of Object.entries(await parcelSupport())) {
      console.log(`\n${operation}`);
      for (const receipt of receipts) {
        console.log(`  ${receipt.annotations.useCaseStep?.padEnd(12)} ${formatReceipt(receipt)}`);
      }
    }
  },
  report: ({ payi }) => {
    console.log('\nAt Pay-i, one instance of the use case per conversation:');
    for (const user of ['customer_8', 'customer_9']) {
      const calls = payi.ledger.filter(({ annotations }) => annotations.userId === user);
      const instances = new Set(calls.map(({ annotations }) => annotations.useCaseId));
      const steps = calls.map(({ annotations }) => annotations.useCaseStep).join(', ');
      const cost = calls.reduce((sum, call) => sum + (call.cost?.total.base ?? 0), 0);
      console.log(`  parcel_support, ${user}: ${steps}, ${cost.toFixed(6)} usd`);
      strictEqual(instances.size, 1);
    }
  },
});
