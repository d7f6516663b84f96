import type { Payi } from '@payi/core';
import { resolvePayi } from '@payi/core/adapter';
import { Observation } from '@payi/core/calls';

const annotations = Object.freeze({
  useCaseName: 'text_generation',
  userId: 'data_scientist_123',
  accountName: 'acme',
  limitIds: Object.freeze(['aws_budget']),
  requestProperties: Object.freeze({ shift: 'night' }),
});

/** A call that has ended, as an adapter leaves it. */
export function settleCall(payi: Payi, providerResponseId: string): void {
  const call = { category: 'system.openai', operation: 'chat', resource: 'gpt-4o-mini', annotations };
  const observation = new Observation(call, resolvePayi(payi));
  observation.attempt({ method: 'POST', url: 'https://api.openai.com/', headers: {}, body: '' });
  observation.answered({ status: 200, headers: {} });
  observation.read('body', {
    providerResponseId,
    units: { text: { input: 1000, output: 100 }, text_cache_read: { input: 20 } },
    properties: { 'system.stop_reason': 'stop' },
  });
  observation.settle('complete');
}
