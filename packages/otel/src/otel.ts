import {
  type Context,
  context,
  diag,
  type Meter,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import {
  type Annotations,
  ConfigurationError,
  type PayiPlugin,
  type PluginCall,
  type Receipt,
} from '@payi/core';
import { annotationAttributes, checkAllowed } from './annotation-attributes.ts';
import * as attribute from './attribute-names.ts';
import { type Conventions, dialects } from './conventions.ts';
import { createMetrics } from './metrics.ts';
import { isOfModelCall } from './other-spans.ts';
import {
  errorTypeOf,
  type Identity,
  identify,
  identityAttributes,
  receiptAttributes,
} from './span-attributes.ts';

/** What {@link otel} creates spans and metrics with, and what they say. */
export interface OtelOptions {
  /** Creates the spans. @default `trace.getTracer('@payi/otel')` */
  readonly tracer?: Tracer | undefined;
  /** Creates the metrics. @default `metrics.getMeter('@payi/otel')` */
  readonly meter?: Meter | undefined;
  /**
   * Annotations that become attributes of spans, e.g. `['useCaseName', 'accountName']`. They may be personal data, so none
   * does unless it is listed. Metrics always have the name of the use case, and no other annotation.
   *
   * @default []
   */
  readonly attributes?: readonly (keyof Annotations)[] | undefined;
  /** @default 'v1.41' */
  readonly conventions?: Conventions | undefined;
  /**
   * - `one`: a span per call. If the active span is that of the same call, because another instrumentation created it, that
   *   span gets the attributes instead, and metrics named `gen_ai.*` are left to that instrumentation. On route `direct`
   *   that span ends before Pay-i states the cost, so use `own` there.
   * - `own`: a span per call, whatever span is active.
   * - `none`: metrics only.
   *
   * @default 'one'
   */
  readonly spans?: 'one' | 'own' | 'none' | undefined;
  /**
   * How many models, use cases and types of errors metrics tell apart, each. Further ones count as `other`.
   *
   * @default 100
   */
  readonly maxMetricValues?: number | undefined;
}

/** A call that has begun. */
interface Begun {
  readonly identity: Identity;
  readonly startedAtMs: number;
  readonly span: Span | undefined;
  /** Another instrumentation created the span and ends it. */
  readonly isShared: boolean;
  readonly context: Context;
}

/**
 * Creates a span of kind `CLIENT` and metrics for each call, with the user's own OpenTelemetry: `createPayi({ plugins: [otel()] })`.
 *
 * The parent of a span is the span that is active when the call begins. It ends at the time at which the call ended, also
 * for a stream that its caller left. On route `direct` it is exported when Pay-i has stated the cost. Names are those of
 * OpenTelemetry's conventions for GenAI; what they have no name for is called `payi.*`. No content is read or recorded.
 *
 * @throws `ConfigurationError` an option is malformed.
 * @see https://opentelemetry.io/docs/specs/semconv/gen-ai/
 */
export function otel(options: OtelOptions = {}): PayiPlugin {
  const {
    meter,
    attributes: allowed = [],
    conventions = 'v1.41',
    spans = 'one',
    maxMetricValues = 100,
  } = options;
  checkAllowed(allowed);
  if (!Object.hasOwn(dialects, conventions)) {
    throw new ConfigurationError("conventions must be 'v1.41' or 'draft'");
  }
  if (!['one', 'own', 'none'].includes(spans)) {
    throw new ConfigurationError("spans must be 'one', 'own' or 'none'");
  }
  if (!(maxMetricValues >= 1)) throw new ConfigurationError('maxMetricValues must be a number from 1 up');
  const dialect = dialects[conventions];
  const tracer = options.tracer ?? trace.getTracer('@payi/otel');
  const measure = createMetrics({ meter, dialect, maxValues: maxMetricValues });
  const calls = new WeakMap<PluginCall, Begun>();
  /** Spans of other instrumentations that already have the facts of a call. */
  const shared = new WeakSet<Span>();

  const begin = (call: PluginCall | Receipt, startedAtMs: number): Begun => {
    const identity = identify(call);
    const parent = context.active();
    if (spans === 'none') return { identity, startedAtMs, span: undefined, isShared: false, context: parent };
    const ofCall = annotationAttributes(call.annotations, allowed);
    const active = trace.getSpan(parent);
    if (spans === 'one' && active !== undefined && !shared.has(active) && isOfModelCall(active)) {
      shared.add(active);
      active.setAttributes(ofCall);
      return { identity, startedAtMs, span: active, isShared: true, context: parent };
    }
    const span = tracer.startSpan(
      `${identity.operation} ${identity.model}`.trimEnd(),
      {
        kind: SpanKind.CLIENT,
        startTime: startedAtMs,
        attributes: { ...identityAttributes(identity), ...ofCall },
      },
      parent,
    );
    return { identity, startedAtMs, span, isShared: false, context: trace.setSpan(parent, span) };
  };

  const beforeCall = (call: PluginCall): void => {
    calls.set(call, begin(call, Date.now()));
  };

  let hasReported = false;
  const reportEnded = (): void => {
    if (!hasReported)
      diag.warn("@payi/otel: another instrumentation's span ended before its receipt: set spans: 'own'");
    hasReported = true;
  };

  const onReceipt: PayiPlugin['onReceipt'] = (receipt, call) => {
    // A plugin that refuses a call at once keeps the plugins behind it from seeing it begin.
    const begun = (call && calls.get(call)) ?? begin(receipt, Date.parse(receipt.startedAt));
    const { span, isShared, startedAtMs } = begun;
    const identity = begun.identity.model === '' ? identify(receipt) : begun.identity;
    measure({ receipt, identity, context: begun.context, isShared });
    if (span === undefined) return;
    if (span.isRecording()) {
      // OpenAI's stored prompts name a model only in the answer.
      if (identity.model !== '') span.setAttribute(attribute.requestModel, identity.model);
      span.setAttributes(receiptAttributes(receipt, dialect));
    }
    if (isShared) {
      if (!span.isRecording()) reportEnded();
      return;
    }
    if (errorTypeOf(receipt) !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(Math.max(startedAtMs, Date.parse(receipt.startedAt) + receipt.endToEndMs));
  };

  return { name: '@payi/otel', beforeCall, onReceipt };
}
