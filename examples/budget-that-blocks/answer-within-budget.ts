import { createHeaders, isLimitReached } from '@payi/core';
import type { Ask } from './providers.ts';

export interface Answer {
  readonly text: string;
  /** Who paid: the budget of the team, its reserve, or nobody, because nobody was asked in the end. */
  readonly paidBy: 'budget' | 'reserve' | 'nobody';
}

export interface Budgets {
  /** Limits at Pay-i, by id. */
  readonly budget: string;
  readonly reserve: string;
}

/**
 * Answers within a budget. When it is used up, a small model answers from a reserve; when that is used up too, the
 * user gets a polite refusal.
 */
export async function answerWithinBudget(
  question: string,
  { ask, askSmall }: { ask: Ask; askSmall: Ask },
  { budget, reserve }: Budgets,
): Promise<Answer> {
  const annotations = { useCaseName: 'team_assistant', userId: 'developer_21' };
  try {
    const text = await ask(question, createHeaders({ ...annotations, limitIds: [budget] }));
    return { text, paidBy: 'budget' };
  } catch (error) {
    // The same question for the errors of all SDKs; whatever else went wrong is none of this function's business
    if (!isLimitReached(error)) throw error;
  }
  try {
    const text = await askSmall(question, createHeaders({ ...annotations, limitIds: [reserve] }));
    return { text, paidBy: 'reserve' };
  } catch (error) {
    if (!isLimitReached(error)) throw error;
    return { text: 'The budget of your team is used up. Please ask its owner for more.', paidBy: 'nobody' };
  }
}
