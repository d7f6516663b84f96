import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** A span, as a collector gets it. */
export interface CollectedSpan {
  readonly name: string;
  readonly scope: string;
  readonly spanId: string;
  readonly traceId: string;
  readonly parentSpanId: string | undefined;
  /** 3 is a client's. */
  readonly kind: number;
  /** 2 is an error. */
  readonly status: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** A number of a metric: a sum, or the sum of a histogram. */
export interface CollectedPoint {
  readonly name: string;
  readonly value: number;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** Takes spans and metrics on 127.0.0.1, as an OpenTelemetry collector does at its HTTP endpoint, in JSON. */
export interface OtlpCollector {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly url: string;
  readonly spans: readonly CollectedSpan[];
  /** Of the last export, because each has the sums since the start. */
  readonly points: readonly CollectedPoint[];
  close(): Promise<void>;
}

type Json = Record<string, unknown>;
const list = (value: unknown): Json[] => (Array.isArray(value) ? value : []);
const millis = (nanos: unknown): number => Number(BigInt(nanos as string) / 1000n) / 1000;

/** @see https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */
function plainValue(value: Json = {}): unknown {
  const { arrayValue, intValue, ...others } = value;
  if (arrayValue !== undefined) return list((arrayValue as Json).values).map(plainValue);
  // A number of 64 bits is a string, which some exporters do not know.
  return intValue === undefined ? Object.values(others)[0] : Number(intValue);
}

const attributesOf = ({ attributes }: Json): Json =>
  Object.fromEntries(list(attributes).map(({ key, value }) => [key, plainValue(value as Json)]));

const spansIn = (body: Json): CollectedSpan[] =>
  list(body.resourceSpans).flatMap((resource) =>
    list(resource.scopeSpans).flatMap(({ scope, spans }) =>
      list(spans).map((span) => ({
        name: span.name as string,
        scope: (scope as Json).name as string,
        spanId: span.spanId as string,
        traceId: span.traceId as string,
        parentSpanId: (span.parentSpanId as string | undefined) || undefined,
        kind: span.kind as number,
        status: ((span.status as Json | undefined)?.code as number | undefined) ?? 0,
        startMs: millis(span.startTimeUnixNano),
        endMs: millis(span.endTimeUnixNano),
        attributes: attributesOf(span),
      })),
    ),
  );

const pointsIn = (body: Json): CollectedPoint[] =>
  list(body.resourceMetrics).flatMap((resource) =>
    list(resource.scopeMetrics).flatMap(({ metrics }) =>
      list(metrics).flatMap(({ name, sum, histogram }) =>
        list(((sum ?? histogram) as Json | undefined)?.dataPoints).map((point) => ({
          name: name as string,
          value: Number(point.asInt ?? point.asDouble ?? point.sum),
          attributes: attributesOf(point),
        })),
      ),
    ),
  );

/** Starts a collector that keeps what it gets. */
export async function startOtlpCollector(): Promise<OtlpCollector> {
  const spans: CollectedSpan[] = [];
  let points: readonly CollectedPoint[] = [];
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    const sent = Buffer.concat(pieces);
    const isJson = request.headers['content-type']?.startsWith('application/json');
    if (request.method !== 'POST' || !isJson) {
      response.writeHead(isJson ? 405 : 415).end();
      return;
    }
    const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
    const body = JSON.parse(text.toString()) as Json;
    if (request.url === '/v1/traces') spans.push(...spansIn(body));
    else if (request.url === '/v1/metrics') points = pointsIn(body);
    else {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    get points() {
      return points;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
