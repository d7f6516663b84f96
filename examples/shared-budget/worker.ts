import { type BudgetStore, type Budgets, budgets } from '@payi/budgets';
import { createHeaders, createPayi, isLimitReached } from '@payi/core';
import { withPayi } from '@payi/openai';
import OpenAI from 'openai';

export interface Worker {
  readonly plugin: Budgets;
  /** Asks for one summary. @returns Whether the budget had room for it */
  ask(accountName: string): Promise<boolean>;
  close(): Promise<void>;
}

/** One of several that work for the same accounts, each of which may spend a cent a month. */
export function startWorker(store: BudgetStore): Worker {
  const plugin = budgets({
    store,
    rules: [{ by: 'accountName', max: 0.01, per: 'month' }],
    // Rather no call than one beyond the budget.
    onStoreDown: 'closed',
  });
  const payi = createPayi({ route: 'direct', plugins: [plugin] });
  const openai = withPayi(new OpenAI(), { payi });
  return {
    plugin,
    async ask(accountName) {
      const messages = [{ role: 'user' as const, content: 'Sum up the last ticket in one sentence.' }];
      try {
        await openai.chat.completions.create(
          { model: 'gpt-4o', max_completion_tokens: 100, messages },
          { headers: createHeaders({ accountName }) },
        );
        return true;
      } catch (error) {
        if (!isLimitReached(error)) throw error;
        return false;
      }
    },
    async close() {
      await plugin.flush();
      await payi.close();
    },
  };
}
