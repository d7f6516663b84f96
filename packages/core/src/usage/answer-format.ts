import { count, isObject, isText, type JsonRecord } from './json.ts';
import { nothing, type Reading } from './reading.ts';
import type { Counts, GatheredUnits } from './units.ts';

/**
 * Where a value is: a path of members joined by `.`, or alternative paths joined by ` | `. A function, for what no path can
 * say. `null`, `''` and `false` are no values.
 */
export type Source = string | ((value: JsonRecord) => unknown);

/**
 * What a {@link Reading} says → where the answers of one API have it. The keys:
 *
 * - A counter, such as `text.input`. In `text/audio.input`, the API counts audio as a part of the text, too; a reading
 *   takes it out of the text.
 * - `system.…`, a property, or another member of a reading. Of `toolCalls`, the name of one tool.
 * - The path of an object, or of a list of objects, whose format is the value. The counters of a list are added up.
 *
 * The first place that has a value counts.
 */
export interface AnswerFormat {
  readonly [key: string]: Source | AnswerFormat;
}

/** A {@link Reading} that is being filled. */
interface Draft {
  units?: GatheredUnits;
  providerResponseId?: string;
  properties?: Record<string, string>;
  toolCalls?: string[];
  hasContent?: boolean;
  isLast?: boolean;
}

type Put = (reading: Draft, found: unknown, rule: Rule, isListed: boolean) => void;

/** One entry of a format. All members are there in every rule, because the engine is faster with objects of one shape. */
interface Rule {
  readonly put: Put;
  /** Of the unit, the property or the member of the reading. */
  readonly name: string;
  /** The unit that includes this one. */
  readonly whole: string | undefined;
  readonly isInput: boolean;
  readonly inner: readonly Rule[];
  /** Instead of `places`, if the only place is a member of the value: most are, and that takes half the time. */
  readonly member: string | undefined;
  readonly places: readonly (readonly string[] | ((value: JsonRecord) => unknown))[];
}

/** Creates the reader of a format. It splits the paths once, before the first answer. */
export function formatReader(format: AnswerFormat): (value: unknown) => Reading {
  const rules = rulesOf(format);
  return (value) => {
    const reading = apply(rules, value, undefined, false);
    for (const _ in reading) return reading as Reading;
    return nothing;
  };
}

function rulesOf(format: AnswerFormat): readonly Rule[] {
  return Object.entries(format).map(([key, source]) => {
    const isInner = typeof source === 'object';
    const path = isInner ? key : source;
    const [, whole, unit, direction] = /^(?:(\w+)\/)?(\w+)\.(input|output)$/.exec(key) ?? [];
    const put = isInner ? putInner : unit ? putCount : (puts[key] ?? putProperty);
    const isPath = typeof path === 'string';
    return {
      put,
      name: unit ?? key,
      whole,
      isInput: direction === 'input',
      inner: isInner ? rulesOf(source) : [],
      member: isPath && /^[\w-]+$/.test(path) ? path : undefined,
      places: isPath ? path.split(' | ').map((place) => place.split('.')) : [path],
    };
  });
}

/** @returns The reading, which is not created before something is found. */
function apply(
  rules: readonly Rule[],
  value: unknown,
  given: Draft | undefined,
  isListed: boolean,
): Draft | undefined {
  let reading = given;
  if (isObject(value)) {
    for (const rule of rules) {
      const found = rule.member === undefined ? find(value, rule.places) : value[rule.member];
      if (found === undefined || found === null || found === '' || found === false) continue;
      reading ??= {};
      rule.put(reading, found, rule, isListed);
    }
  }
  return reading;
}

function find(value: JsonRecord, places: Rule['places']): unknown {
  for (const place of places) {
    let found: unknown = value;
    if (typeof place === 'function') found = place(value);
    else for (const name of place) found = isObject(found) ? found[name] : undefined;
    if (found !== undefined && found !== null && found !== '') return found;
  }
  return undefined;
}

const puts: Readonly<Record<string, Put>> = {
  providerResponseId(reading, found) {
    if (isText(found)) reading.providerResponseId ??= found;
  },
  toolCalls(reading, found) {
    if (!isText(found)) return;
    reading.toolCalls ??= [];
    reading.toolCalls.push(found);
  },
  hasContent(reading) {
    reading.hasContent = true;
  },
  isLast(reading) {
    reading.isLast = true;
  },
};

const putProperty: Put = (reading, found, { name }) => {
  if (!isText(found)) return;
  reading.properties ??= {};
  reading.properties[name] ??= found;
};

const putInner: Put = (reading, found, { inner }) => {
  if (!Array.isArray(found)) apply(inner, found, reading, false);
  else for (const member of found) apply(inner, member, reading, true);
};

/**
 * `text` keeps its zeros, because an answer of no tokens is worth knowing. Any other unit appears only if it was used: most
 * answers mention caches that they did not touch, and Pay-i's own clients leave those out.
 */
const putCount: Put = (reading, found, { name, whole, isInput }, isListed) => {
  // Headers have counts as decimal text.
  const tokens = count(typeof found === 'string' && /^\d+$/.test(found) ? Number(found) : found);
  if (tokens === undefined || (tokens === 0 && name !== 'text')) return;
  reading.units ??= {};
  const { units } = reading;
  const counts = units[name];
  if (counts === undefined) units[name] = isInput ? { input: tokens } : { output: tokens };
  else {
    const before = countIn(counts, isInput);
    if (before === undefined) setCount(counts, isInput, tokens);
    else if (isListed) setCount(counts, isInput, count(before + tokens) ?? before);
  }
  if (whole !== undefined) takePart(units, whole, isInput, tokens);
};

function takePart(units: GatheredUnits, whole: string, isInput: boolean, part: number): void {
  const counts = units[whole];
  const sum = counts && countIn(counts, isInput);
  if (counts === undefined || sum === undefined) return;
  if (sum > part || whole === 'text') setCount(counts, isInput, Math.max(0, sum - part));
  // A unit that is nothing but its parts is no unit.
  else delete units[whole];
}

// Written out, because a computed name takes several times as long.
function countIn(counts: Counts, isInput: boolean): number | undefined {
  return isInput ? counts.input : counts.output;
}

function setCount(counts: Counts, isInput: boolean, tokens: number): void {
  if (isInput) counts.input = tokens;
  else counts.output = tokens;
}
