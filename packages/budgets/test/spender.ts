/**
 * A process that spends a budget, for budgets.slow.test.ts:
 *
 *     node spender.ts '<JSON of a SpenderTask>'
 *
 * Prints a line for each call that has ended: what it cost, or `blocked`.
 */
import { writeSync } from 'node:fs';
import { createHeaders, createPayi, isLimitReached } from '@payi/core';
import { withPayi } from '@payi/openai';
import { Redis } from 'iovalkey';
import OpenAI from 'openai';
import { budgets, valkeyStore } from '../src/index.ts';

export interface SpenderTask {
  readonly redisPort: number;
  readonly providerUrl: string;
  readonly maxUsd: number;
  readonly leaseMs: number;
  readonly calls: number;
  readonly callsAtOnce: number;
  /** What it says to the model. */
  readonly prompt: string;
}

const task = JSON.parse(process.argv[2] ?? '') as SpenderTask;
const redis = new Redis(task.redisPort, '127.0.0.1');
const plugin = budgets({
  store: valkeyStore(redis),
  rules: [{ by: 'accountName', max: task.maxUsd, per: 'month' }],
  leaseMs: task.leaseMs,
  // Far beyond what a busy machine needs: no call may go out without a reservation.
  storeTimeoutMs: 60_000,
  onStoreDown: 'closed',
});
const payi = createPayi({ route: 'headers', plugins: [plugin] });
const openai = withPayi(new OpenAI({ apiKey: 'sk-test', baseURL: task.providerUrl, maxRetries: 0 }), {
  payi,
});
const headers = createHeaders({ accountName: 'acme' });

let left = task.calls;
async function spend(): Promise<void> {
  while (left > 0) {
    left -= 1;
    const messages = [{ role: 'user' as const, content: task.prompt }];
    const said = await openai.chat.completions
      .create({ model: 'gpt-4o', max_tokens: 500, messages }, { headers })
      .then(
        ({ usage }) =>
          String(((usage?.prompt_tokens ?? 0) * 2.5 + (usage?.completion_tokens ?? 0) * 10) / 1e6),
        (error: unknown) => (isLimitReached(error) ? 'blocked' : String(error)),
      );
    writeSync(1, `${said}\n`);
  }
}
await Promise.all(Array.from({ length: task.callsAtOnce }, spend));
if (!(await plugin.flush())) throw new Error('the store did not take everything');
redis.disconnect();
