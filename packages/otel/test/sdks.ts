import type * as api from '@opentelemetry/api';
import * as metricsNewest from '@opentelemetry/sdk-metrics';
import * as metricsOldest from '@opentelemetry/sdk-metrics-oldest';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import * as traceNewest from '@opentelemetry/sdk-trace';
import * as traceOldest from '@opentelemetry/sdk-trace-oldest';
import { vi } from 'vitest';
import type * as plugin from '../src/index.ts';

/** One SDK of OpenTelemetry that keeps what it would export. */
export interface Sdk {
  readonly tracer: api.Tracer;
  readonly meter: api.Meter;
  /** Spans that have ended. */
  spans(): ReadableSpan[];
  /** Everything measured so far, by name of the metric. */
  points(): Promise<Record<string, Point[]>>;
}

export interface Point {
  readonly attributes: api.Attributes;
  /** A sum, or the sum of a histogram. */
  readonly value: number;
  /** How many measurements. Histograms only. */
  readonly count: number | undefined;
  readonly boundaries: readonly number[] | undefined;
  readonly unit: string;
}

export const ages = ['newest', 'oldest'] as const;
export type Age = (typeof ages)[number];

export function startSdk(age: Age): Sdk {
  const spanExporter = new traceNewest.InMemorySpanExporter();
  const tracers =
    age === 'newest'
      ? new traceNewest.TracerProvider({
          spanProcessors: [new traceNewest.SimpleSpanProcessor({ exporter: spanExporter })],
        })
      : new traceOldest.BasicTracerProvider({
          spanProcessors: [new traceOldest.SimpleSpanProcessor(spanExporter as never)],
        });
  const { MeterProvider, InMemoryMetricExporter, PeriodicExportingMetricReader, AggregationTemporality } = (
    age === 'newest' ? metricsNewest : metricsOldest
  ) as typeof metricsNewest;
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({
    exporter: metricExporter,
    exportIntervalMillis: 3_600_000,
  });
  const meters = new MeterProvider({ readers: [reader] });
  return {
    tracer: tracers.getTracer('test'),
    meter: meters.getMeter('test'),
    spans: () => spanExporter.getFinishedSpans(),
    async points() {
      await reader.forceFlush();
      const points: Record<string, Point[]> = {};
      for (const { descriptor, dataPoints } of metricExporter.getMetrics().at(-1)?.scopeMetrics[0]?.metrics ??
        []) {
        points[descriptor.name] = dataPoints.map(({ attributes, value }) => {
          const { sum, count, buckets } = value as Partial<metricsNewest.Histogram>;
          return {
            attributes,
            value: sum ?? (value as number),
            count,
            boundaries: buckets?.boundaries,
            unit: descriptor.unit,
          };
        });
      }
      return points;
    },
  };
}

/** The plugin on the newest or the oldest API that it allows. */
export async function loadPlugin(age: Age): Promise<typeof plugin & { readonly api: typeof api }> {
  vi.resetModules();
  // The first version to be loaded in a process is the only one that may register anything.
  Reflect.deleteProperty(globalThis, Symbol.for('opentelemetry.js.api.1'));
  if (age === 'oldest') vi.doMock('@opentelemetry/api', () => import('@opentelemetry/api-oldest'));
  else vi.doUnmock('@opentelemetry/api');
  return { ...(await import('../src/index.ts')), api: await import('@opentelemetry/api') };
}
