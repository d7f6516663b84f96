import { createPayi, type Payi, type Receipt } from '@payi/core';
import { resolvePayi } from '@payi/core/adapter';
import { Observation } from '@payi/core/calls';
import { type IngestFault, startPayi } from '@payi/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { providerIdOf } from './observe-call.ts';

const id = fc.constantFrom(
  undefined,
  '',
  'chatcmpl-1',
  'chatcmpl-2',
  `msg_${'x'.repeat(100_000)}`,
  '../../result?id=1#',
  '__proto__',
  'half of a pair \ud83d',
  '\0\r\n"',
);
const fault = fc.constantFrom<IngestFault | undefined>(
  undefined,
  undefined,
  { status: 503 },
  { reset: 'before-commit' },
  { reset: 'after-commit' },
);

/** A call with so many tokens, as an adapter would leave it. */
function settle(payi: Payi, providerResponseId: string | undefined, tokens: number): void {
  const call = { category: 'system.openai', operation: 'chat', resource: 'm', annotations: {} };
  const observation = new Observation(call, resolvePayi(payi));
  observation.attempt({ method: 'POST', url: 'https://api.openai.com/', headers: {}, body: '' });
  observation.answered({ status: 200, headers: {} });
  const units = { text: { input: tokens } };
  observation.read('body', { units, ...(providerResponseId !== undefined && { providerResponseId }) });
  observation.settle('complete');
}

describe('the record of a call at Pay-i', () => {
  it('is one for each call, whatever ids the provider gives and however often events are sent', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ id, process: fc.nat(1), flushes: fc.boolean() }), {
          minLength: 1,
          maxLength: 20,
        }),
        fc.array(fault, { maxLength: 8 }),
        async (calls, faults) => {
          await using server = await startPayi({ ingestFaults: ({ index }) => faults[index] });
          const receipts: Receipt[] = [];
          const payis = [0, 1].map(() =>
            createPayi({
              route: 'direct',
              baseUrl: server.url,
              apiKey: server.apiKey,
              onDiagnostic: () => {},
              onReceipt: (receipt) => receipts.push(receipt),
              delivery: { intervalMs: 1, minRetryMs: 1, maxRetryMs: 2, timeoutMs: Infinity },
            }),
          );
          for (const [index, call] of calls.entries()) {
            const payi = payis[call.process] as Payi;
            settle(payi, call.id, index + 1);
            if (call.flushes) await payi.flush({ timeoutMs: Infinity });
          }
          for (const payi of payis) expect(await payi.close({ timeoutMs: Infinity })).toBe(true);
          const tokens = server.ledger.map(({ units }) => units.text?.input ?? 0);
          expect(tokens.toSorted((a, b) => a - b)).toEqual(calls.map((_, index) => index + 1));
          for (const entry of server.ledger) {
            const given = calls[(entry.units.text?.input ?? 0) - 1]?.id;
            const kept = given?.slice(0, 256).replace('\ud83d', '\ufffd') || undefined;
            expect(providerIdOf(entry)).toBe(kept);
          }
          expect(receipts.map(({ providerResponseId }) => providerResponseId).toSorted()).toEqual(
            calls.map((call) => call.id).toSorted(),
          );
          expect(new Set(receipts.map(({ requestId }) => requestId)).size).toBe(calls.length);
        },
      ),
      { numRuns: 40 },
    );
  });
});
