import { strict as assert } from 'node:assert';
import type { LedgerEntry } from '@payi/testkit';
import type { OtlpCollector } from '@payi-internal/examples/otlp-collector';

const count = (units: LedgerEntry['units'], direction: 'input' | 'output'): number =>
  Object.values(units).reduce((sum, counts) => sum + (counts[direction] ?? 0), 0);

/** Shows what the collector got, and checks that it agrees with what Pay-i booked, to the token. */
export function showSpans({ spans, points }: OtlpCollector, ledger: readonly LedgerEntry[]): void {
  const request = spans.find(({ name }) => name === 'GET /report');
  console.log('What the collector got:\nGET /report');
  const calls = spans.filter(({ parentSpanId }) => parentSpanId !== undefined);
  for (const { name, status, attributes } of calls) {
    const of = (attribute: string): unknown => attributes[attribute] ?? '?';
    console.log(
      `  ${name}, ${of('payi.use_case.step')}: ${of('payi.outcome')}, ` +
        `${of('gen_ai.usage.input_tokens')} in, ${of('gen_ai.usage.cache_read.input_tokens')} of them from a cache, ` +
        `${of('gen_ai.usage.output_tokens')} out, ${of('payi.cost.total')} usd${status === 2 ? `, ${of('error.type')}` : ''}`,
    );
  }

  assert.equal(calls.length, ledger.length, 'a span for each call that Pay-i booked');
  for (const entry of ledger) {
    const span = calls.find(({ attributes }) => attributes['payi.request.id'] === entry.requestId);
    // The counts of a stream are in its last event, which a reader who left has not got. Pay-i has no id for it either.
    if (entry.outcome === 'aborted') continue;
    assert.ok(span, `a span with Pay-i's id of the call: ${entry.requestId}`);
    assert.equal(span.parentSpanId, request?.spanId);
    assert.equal(span.attributes['gen_ai.usage.input_tokens'] ?? 0, count(entry.units, 'input'));
    assert.equal(span.attributes['gen_ai.usage.output_tokens'] ?? 0, count(entry.units, 'output'));
    assert.equal(span.attributes['payi.cost.total'], entry.cost?.total.base);
    assert.equal(span.attributes['payi.outcome'], entry.outcome === 'ok' ? 'complete' : entry.outcome);
  }
  const metered = points.filter(({ name }) => name === 'payi.client.calls');
  assert.equal(
    metered.reduce((sum, { value }) => sum + value, 0),
    ledger.length,
  );
  console.log('\nSpans, metrics and the ledger of Pay-i agree.');
}
