import { randomUUID } from 'node:crypto';
import { runExample } from '@payi-internal/examples';
import { embeddedBackend } from './embedded-backend.ts';
import { spend } from './spend.ts';

await runExample({
  providers: ['AWS Bedrock', 'OpenAI', 'Anthropic'],
  atPayi: ['the use case team_assistant'],
  embeddedBackend,
  run: async (backend) => {
    // Of one's own in an account that others use too; the limits are deleted at the end
    const suffix = backend ? '' : `_${randomUUID().slice(0, 8)}`;
    await spend({ budget: `team_budget${suffix}`, reserve: `team_reserve${suffix}` });
  },
  report: ({ payi }) => {
    console.log('\nWhat Pay-i booked:');
    for (const { category, resource, outcome, cost, annotations } of payi.ledger) {
      const amount = cost?.total.base.toFixed(6) ?? '-'.padEnd(8);
      const limit = annotations.limitIds?.join(', ');
      console.log(
        `  ${outcome.padEnd(8)} ${amount} usd  ${limit?.padEnd(13)} ${category.slice('system.'.length)}, ${resource}`,
      );
    }
  },
});
