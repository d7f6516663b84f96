import { runExample } from '@payi-internal/examples';
import { embeddedBackend } from './embedded-backend.ts';
import { checkHeaders, reportLedger } from './report.ts';
import { threeProviders } from './three-providers.ts';

await runExample({
  providers: ['AWS Bedrock', 'OpenAI', 'Anthropic'],
  atPayi: ['the use case provider_comparison', 'the limit comparison_budget'],
  embeddedBackend,
  run: async () => {
    for (const [provider, answer] of Object.entries(await threeProviders())) {
      console.log(`${provider} says: ${answer}`);
    }
  },
  report: (backend) => {
    checkHeaders(backend);
    console.log('\nThree calls, the same headers at Pay-i, none of them at a provider.\n');
    reportLedger(backend);
  },
});
