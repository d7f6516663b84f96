import { startEmbeddedBackend } from './embedded-backend.ts';
import { checkHeaders, reportLedger } from './report.ts';
import { threeProviders } from './three-providers.ts';

const backend = await startEmbeddedBackend();
try {
  for (const [provider, answer] of Object.entries(await threeProviders())) {
    console.log(`${provider} says: ${answer}`);
  }
  checkHeaders(backend);
  console.log('\nThree calls, the same headers at Pay-i, none of them at a provider.\n');
  reportLedger(backend);
} finally {
  await backend.close();
}
