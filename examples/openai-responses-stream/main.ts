import { startEmbeddedBackend } from './embedded-backend.ts';
import { responsesStream } from './responses-stream.ts';

const backend = await startEmbeddedBackend();
try {
  for (const { outcome, units, cost, timeToFirstTokenMs } of await responsesStream()) {
    const tokens = `${units.text?.input ?? '?'} in, ${units.text?.output ?? '?'} out`;
    const price = cost?.total === undefined ? 'cost unknown' : `${cost.total.toFixed(6)} usd`;
    console.log(
      `Receipt: ${outcome}, ${tokens}, ${price}, first token after ${timeToFirstTokenMs?.toFixed(0)} ms`,
    );
  }
  const seen = backend.provider.getRequests().flatMap(({ headers }) => Object.keys(headers));
  if (seen.some((name) => name.startsWith('xproxy-'))) throw new Error('an annotation reached the provider');
} finally {
  // The call whose reader left is in the ledger when this is over.
  await backend.close();
}

for (const { annotations } of backend.payi.ledger) {
  console.log(`Pay-i booked: ${JSON.stringify(annotations)}`);
}
