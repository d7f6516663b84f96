import { formatReceipt, runExample } from '@payi-internal/examples';
import { bedrockMessages } from './bedrock-messages.ts';
import { embeddedBackend } from './embedded-backend.ts';

await runExample({
  providers: ['Claude on AWS Bedrock'],
  atPayi: ['the use case contract_review'],
  embeddedBackend,
  run: async () => {
    for (const receipt of await bedrockMessages()) console.log(`Receipt:  ${formatReceipt(receipt)}`);
  },
  report: ({ bedrock, payi }) => {
    for (const { signature } of bedrock.requests) {
      const verdict = signature.valid ? 'valid' : 'not valid';
      console.log(`AWS checked the signature: ${verdict}, over ${signature.signedHeaders.join('; ')}`);
    }
    for (const { annotations } of payi.ledger) console.log(`Pay-i booked: ${JSON.stringify(annotations)}`);
  },
});
