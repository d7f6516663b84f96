import { type Attributes, type Context, type Meter, metrics } from '@opentelemetry/api';
import type { Receipt } from '@payi/core';
import { useCaseName } from './annotation-attributes.ts';
import * as attribute from './attribute-names.ts';
import type { Dialect, TokenMetric } from './conventions.ts';
import { Instruments } from './instruments.ts';
import { errorTypeOf, type Identity, identityAttributes } from './span-attributes.ts';
import { sumOf, type Tokens, tokensOf } from './tokens.ts';

export interface MetricsOptions {
  readonly meter: Meter | undefined;
  readonly dialect: Dialect;
  readonly maxValues: number;
}

/** What of a call is measured. */
export interface MeasuredCall {
  readonly receipt: Receipt;
  readonly identity: Identity;
  /** Has the span of the call, which makes it the exemplar of a measurement. */
  readonly context: Context | undefined;
  /** Whether another instrumentation measures the call by the conventions for GenAI. */
  readonly isShared: boolean;
}

/** @returns what measures a call. */
export function createMetrics({ meter, dialect, maxValues }: MetricsOptions): (call: MeasuredCall) => void {
  const instruments = meter === undefined ? globalInstruments() : always(new Instruments(meter));
  const models = bounded(maxValues);
  const useCases = bounded(maxValues);
  const errors = bounded(maxValues);

  return ({ receipt, identity, context, isShared }) => {
    const { model, outcome, annotations, units, cost, endToEndMs, timeToFirstTokenMs } = receipt;
    const named = identityAttributes({ ...identity, model: identity.model && models(identity.model) });
    const made = instruments();
    if (!isShared) {
      const names = identity.operation === 'embeddings' ? dialect.embeddings : dialect.inference;
      const attributes: Attributes = { ...named };
      if (model !== undefined) attributes[attribute.responseModel] = models(model);
      const tokens = tokensOf(units);
      for (const metric of names.tokens) {
        for (const [value, more] of measurementsOf(metric, tokens, outcome)) {
          const record = made[metric.kind === 'usage' ? 'counter' : 'histogram'](metric.name, '{token}');
          record(value, { ...attributes, ...more }, context);
        }
      }
      const errorType = errorTypeOf(receipt);
      if (errorType !== undefined) attributes[attribute.errorType] = errors(errorType);
      made.histogram(names.duration, 's')(endToEndMs / 1000, attributes, context);
      if (timeToFirstTokenMs !== undefined) {
        made.histogram(names.timeToFirstChunk, 's')(timeToFirstTokenMs / 1000, attributes, context);
      }
    }
    const attributes: Attributes = { ...named, 'payi.outcome': outcome };
    if (annotations.useCaseName) attributes[useCaseName] = useCases(annotations.useCaseName);
    made.counter('payi.client.calls', '{call}')(1, attributes, context);
    if (cost?.total !== undefined) {
      made.counter('payi.client.cost', '1')(
        cost.total,
        { ...attributes, 'payi.cost.currency': cost.currency },
        context,
      );
    }
    for (const [unit, counts] of Object.entries(units)) {
      for (const [direction, count] of Object.entries(counts)) {
        const more = { 'payi.unit': unit, 'payi.direction': direction };
        made.counter('payi.client.units', '{unit}')(count, { ...attributes, ...more }, context);
      }
    }
  };
}

/** The value of a token metric for one call, with the attributes of the metric. */
function* measurementsOf(
  { counts, kind }: TokenMetric,
  tokens: Tokens,
  outcome: Receipt['outcome'],
): Generator<readonly [value: number, attributes: Attributes]> {
  const isTotal = counts === 'input' || counts === 'output';
  if (kind === 'usage') {
    // The conventions want a zero of a call that has no counts.
    const byModality = tokens[counts] ?? (isTotal ? { unknown: 0 } : {});
    for (const [modality, value] of Object.entries(byModality)) {
      yield [value, { [attribute.tokenModality]: modality }];
    }
    return;
  }
  const sum = sumOf(tokens[counts]);
  const isFailed = outcome === 'failed' || outcome === 'blocked';
  if (sum === undefined || (kind === 'distribution' && isFailed)) return;
  yield [sum, kind === 'sum' ? { [attribute.tokenType]: counts } : {}];
}

/**
 * Keeps the number of time series finite: a model may be any ARN, and a use case any text.
 *
 * @returns what passes on the first `max` values, and replaces all others with `other`.
 */
function bounded(max: number): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (known.size < max) known.add(value);
    return known.has(value) ? value : 'other';
  };
}

const always =
  <Value>(value: Value) =>
  (): Value =>
    value;

/** The application may set its meter provider after it has created the plugin. */
function globalInstruments(): () => Instruments {
  let provider: unknown;
  let instruments: Instruments;
  return () => {
    const current = metrics.getMeterProvider();
    if (current !== provider) {
      provider = current;
      instruments = new Instruments(current.getMeter('@payi/otel'));
    }
    return instruments;
  };
}
