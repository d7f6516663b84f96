import { startEmbeddedBackend } from './embedded-backend.ts';
import { messages } from './messages.ts';

const backend = await startEmbeddedBackend();
try {
  for (const { outcome, units, cost, limits } of await messages()) {
    const tokens = `${units.text?.input ?? '?'} in, ${units.text?.output ?? '?'} out`;
    const price = cost?.total === undefined ? 'no cost' : `${cost.total.toFixed(6)} usd`;
    const states = Object.entries(limits ?? {}).map(([id, state]) => `, ${id} ${state}`);
    console.log(`Receipt:  ${outcome}, ${tokens}, ${price}${states.join('')}`);
  }
  const seen = backend.provider.getRequests().flatMap(({ headers }) => Object.keys(headers));
  if (seen.some((name) => name.startsWith('xproxy-'))) throw new Error('an annotation reached the provider');
  for (const { annotations } of backend.payi.ledger) {
    console.log(`Pay-i booked: ${JSON.stringify(annotations)}`);
  }
} finally {
  await backend.close();
}
