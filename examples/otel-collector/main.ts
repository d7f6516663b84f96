import { runExample } from '@payi-internal/examples';
import { type OtlpCollector, startOtlpCollector } from '@payi-internal/examples/otlp-collector';
import { embeddedBackend } from './embedded-backend.ts';
import { showSpans } from './show-spans.ts';
import { startTelemetry } from './telemetry.ts';
import { weeklyReport } from './weekly-report.ts';

let collector: OtlpCollector | undefined;

await runExample({
  providers: ['AWS Bedrock'],
  atPayi: ['the use case report_writer', 'the limit report_budget'],
  embeddedBackend,
  run: async (backend) => {
    if (backend !== undefined) {
      collector = await startOtlpCollector();
      process.env.OTEL_EXPORTER_OTLP_ENDPOINT = collector.url;
    }
    const endTelemetry = startTelemetry();
    await weeklyReport('report_budget');
    await endTelemetry();
    await collector?.close();
  },
  report: ({ payi }) => {
    if (collector !== undefined) showSpans(collector, payi.ledger);
  },
});
