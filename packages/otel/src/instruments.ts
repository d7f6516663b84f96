import { type Attributes, type Context, type Meter, type MetricOptions, ValueType } from '@opentelemetry/api';
import { boundaries } from './conventions.ts';

type Record = (value: number, attributes: Attributes, context: Context | undefined) => void;

/** Instruments of one meter, created when they are first needed. */
export class Instruments {
  readonly #meter: Meter;
  readonly #made = new Map<string, Record>();

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  histogram(name: string, unit: keyof typeof boundaries): Record {
    return this.#find(name, () => {
      const advice = { explicitBucketBoundaries: boundaries[unit] };
      const histogram = this.#meter.createHistogram(name, { ...optionsOf(unit), advice });
      return (value, attributes, context) => histogram.record(value, attributes, context);
    });
  }

  counter(name: string, unit: string): Record {
    return this.#find(name, () => {
      const counter = this.#meter.createCounter(name, optionsOf(unit));
      return (value, attributes, context) => counter.add(value, attributes, context);
    });
  }

  #find(name: string, make: () => Record): Record {
    const made = this.#made.get(name) ?? make();
    this.#made.set(name, made);
    return made;
  }
}

/** Numbers of things are exported as integers. */
const optionsOf = (unit: string): MetricOptions => ({
  unit,
  ...(unit.startsWith('{') && { valueType: ValueType.INT }),
});
