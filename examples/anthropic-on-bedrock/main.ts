import { bedrockMessages } from './bedrock-messages.ts';
import { startEmbeddedBackend } from './embedded-backend.ts';

const backend = await startEmbeddedBackend();
try {
  for (const { outcome, units, cost, limits } of await bedrockMessages()) {
    const tokens = `${units.text?.input ?? '?'} in, ${units.text?.output ?? '?'} out`;
    const price = cost?.total === undefined ? 'no cost' : `${cost.total.toFixed(6)} usd`;
    const states = Object.entries(limits ?? {}).map(([id, state]) => `, ${id} ${state}`);
    console.log(`Receipt:  ${outcome}, ${tokens}, ${price}${states.join('')}`);
  }
  for (const { signature, headers } of backend.bedrock.requests) {
    if (!signature.valid) throw new Error(`AWS refused the signature: ${signature.message}`);
    if (Object.keys(headers).some((name) => name.startsWith('xproxy-'))) {
      throw new Error('an annotation reached AWS');
    }
    console.log(`AWS checked the signature: valid, over ${signature.signedHeaders.join('; ')}`);
  }
  for (const { annotations } of backend.payi.ledger) {
    console.log(`Pay-i booked: ${JSON.stringify(annotations)}`);
  }
} finally {
  await backend.close();
}
