import { startOtlpCollector } from '@payi-internal/examples/otlp-collector';
import { runLive, runMain } from '@payi-internal/examples/testing';
import { describe, expect, it } from 'vitest';
import { embeddedBackend } from './embedded-backend.ts';

const main = new URL('main.ts', import.meta.url);
const model = 'chat anthropic.claude-3-7-sonnet-20250219-v1:0';

describe('the OpenTelemetry example', () => {
  it('shows spans of all calls, which agree with the ledger', async () => {
    const { exitCode, stdout, stderr } = await runMain(main);
    expect([exitCode, stderr]).toEqual([0, '']);
    const counts = '2120 in, 2000 of them from a cache, 30 out, 0.00141 usd';
    expect(stdout).toContain(
      [
        'GET /report',
        `  ${model}, outline: complete, ${counts}`,
        `  ${model}, write: partial, ? in, ? of them from a cache, ? out, ? usd`,
        `  ${model}, title: complete, ${counts}`,
        `  ${model}, subtitle: blocked, ? in, ? of them from a cache, ? out, ? usd, limit_reached`,
        '',
        'Spans, metrics and the ledger of Pay-i agree.',
      ].join('\n'),
    );
  });

  it('exports to the collector that the environment names, with --live', async () => {
    const collector = await startOtlpCollector();
    const { exitCode, stderr, backend } = await runLive(main, embeddedBackend, {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    });
    await collector.close();
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(backend.payi.ledger).toHaveLength(4);
    expect(collector.spans.filter(({ scope }) => scope === '@payi/otel')).toHaveLength(4);
    expect(new Set(collector.spans.map(({ traceId }) => traceId)).size).toBe(1);
    expect(collector.points.map(({ name }) => name)).toContain('payi.client.cost');
  });
});
