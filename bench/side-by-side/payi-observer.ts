import type { Payi, Route } from '@payi/core';
import { annotationsOf } from './annotations.ts';
import type { Observer } from './observer.ts';
import { Tally } from './tally.ts';

/** Where Pay-i is. */
export interface PayiAddress {
  readonly url: string;
  readonly apiKey: string;
}

/**
 * Ours: a record is a receipt that says the call is complete and what it used.
 *
 * @param asksForCosts - Whether route `direct` asks Pay-i what each call cost: a small request more per call, which
 *   spans have no counterpart of.
 */
export function observeWithPayi(
  require: NodeJS.Require,
  route: Route,
  { url, apiKey }: PayiAddress,
  asksForCosts = false,
): Observer & { payi: Payi; headers(user: string): Record<string, string> } {
  const { createHeaders, createPayi } = require('@payi/core') as typeof import('@payi/core');
  const { track } = require('@payi/core/context') as typeof import('@payi/core/context');
  const receipts = new Tally();
  const problems: string[] = [];
  const payi = createPayi({
    route,
    apiKey,
    baseUrl: url,
    delivery: { results: asksForCosts ? 'wanted' : 'never' },
    onReceipt: ({ outcome, units, resource }) => {
      if (outcome !== 'complete' || Object.keys(units).length === 0) {
        problems.push(`a receipt for ${resource} says ${outcome}, ${JSON.stringify(units)}`);
      }
      receipts.add();
    },
    onDiagnostic: ({ code, message }) => problems.push(`${code}: ${message}`),
  });
  return {
    sends: route === 'headers' ? 'headers' : 'to Pay-i',
    payi,
    headers: (user) => createHeaders(annotationsOf(user)),
    within: (user, run) => track(annotationsOf(user), run),
    recorded: () => receipts.count,
    async settle(calls) {
      await payi.flush();
      await receipts.reach(calls);
      if (problems.length > 0) throw new Error(problems[0]);
    },
    async close() {
      await payi.close();
    },
  };
}
