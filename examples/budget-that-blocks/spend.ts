import { answerWithinBudget, type Budgets } from './answer-within-budget.ts';
import { createLimit, deleteLimit, raiseLimit } from './limits.ts';
import { createProviders } from './providers.ts';

const question = 'What should a code review look at first? Answer in one sentence.';

/** Spends a budget at three providers until it is used up, then its reserve, raises the budget, and goes on. */
export async function spend(budgets: Budgets): Promise<void> {
  const { 'OpenAI, small': askSmall, ...providers } = createProviders();
  const turns = Object.entries(providers);
  let turn = 0;
  const askNext = async () => {
    const [provider, ask] = turns[turn++ % turns.length] as (typeof turns)[number];
    const answer = await answerWithinBudget(question, { ask, askSmall }, budgets);
    const by = { budget: provider, reserve: `${provider} blocked, small model`, nobody: 'all blocked' };
    console.log(`${by[answer.paidBy].padEnd(34)} ${answer.text}`);
    return answer;
  };
  /** A budget that does not end would be spent without end. */
  const maxCalls = 30;

  await createLimit(budgets.budget, 0.002);
  await createLimit(budgets.reserve, 0.000_1);
  try {
    console.log('A budget of 0.002 usd, and a reserve of 0.0001 usd for a small model:');
    while ((await askNext()).paidBy !== 'nobody') {
      if (turn === maxCalls) throw new Error(`The budget did not block ${maxCalls} calls.`);
    }

    await raiseLimit(budgets.budget, 0.01);
    console.log('\nThe budget raised to 0.01 usd:');
    for (const _ of turns) await askNext();
  } finally {
    await deleteLimit(budgets.budget);
    await deleteLimit(budgets.reserve);
  }
}
