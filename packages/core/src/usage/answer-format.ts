import { isObject } from '../runtime.ts';
import { count, isText, type JsonRecord } from './json.ts';
import {
  countIn,
  type GatheredUnits,
  nothing,
  type Reading,
  setCount,
  takePart,
  tokensIn,
} from './reading.ts';

/**
 * Where a value is: a path of members joined by `.`, or alternative paths joined by ` | `. A function finds what no path
 * can. `null`, `''` and `false` count as absent.
 */
type Source = string | ((value: JsonRecord) => unknown);

/**
 * Says where the answers of one API have what a {@link Reading} holds. A key is one of these:
 *
 * - A counter, `text.input`. In `text/audio.input`, the API counts audio as text, too, and the reading takes it out again.
 *   If the format has a `total` before the counter, that decides: a part that is exactly what the counts so far lack is not
 *   taken out, and no other part may be more than what is left of its whole.
 * - A billed fact without a unit, `billable.audio_seconds`.
 * - A property, `system.stop_reason`, or another member of a reading. For `toolCalls`, its source is the name of one tool; for
 *   `toolKeys`, after it, what the same call has in all events.
 * - The path of an object, or of a list of objects, with the format of what is in it. The counters and the billed facts of a
 *   list are added up.
 *
 * If several places have a value, the first one counts.
 */
export interface AnswerFormat {
  readonly [key: string]: Source | AnswerFormat;
}

/** A {@link Reading} that is being filled. */
interface Draft {
  units?: GatheredUnits;
  total?: number;
  providerResponseId?: string;
  providerCost?: number;
  billable?: Record<string, number>;
  properties?: Record<string, string>;
  toolCalls?: string[];
  toolKeys?: string[];
  hasContent?: boolean;
  isLast?: boolean;
}

type Put = (reading: Draft, found: unknown, rule: Rule, isListed: boolean) => void;

/** One entry of a format. Every rule has every member, because objects of one shape are faster. */
interface Rule {
  readonly put: Put;
  /** The unit, the property, or the member of the reading. */
  readonly name: string;
  /** The unit that includes this one where the API counts it. */
  readonly whole: string | undefined;
  readonly isInput: boolean;
  readonly keepsZeros: boolean;
  readonly inner: readonly Rule[];
  /** The only place, if it is a direct member of the value. Most are, and it takes half the time of `places`. */
  readonly member: string | undefined;
  readonly places: readonly (readonly string[] | ((value: JsonRecord) => unknown))[];
}

/**
 * Creates the reader of a format. Paths are split here, and not for each answer.
 *
 * @param keepsZeros - Units that were not used are in the reading, too: their zeros replace earlier counts.
 */
export function formatReader(format: AnswerFormat, keepsZeros = false): (value: unknown) => Reading {
  const rules = rulesOf(format, keepsZeros);
  return (value) => {
    const reading = apply(rules, value, undefined, false);
    for (const _ in reading) return reading as Reading;
    return nothing;
  };
}

function rulesOf(format: AnswerFormat, keepsZeros: boolean): readonly Rule[] {
  return Object.entries(format).map(([key, source]) => {
    const isInner = typeof source === 'object';
    const path = isInner ? key : source;
    const [, whole, unit, direction] = /^(?:(\w+)\/)?(\w+)\.(input|output)$/.exec(key) ?? [];
    const [, fact] = /^billable\.(\w+)$/.exec(key) ?? [];
    const put = key.startsWith('system.') ? putProperty : fact ? putFact : (puts[key] ?? putText);
    const isPath = typeof path === 'string';
    return {
      put: isInner ? putInner : unit ? putCount : put,
      name: unit ?? fact ?? key,
      whole,
      isInput: direction === 'input',
      keepsZeros: keepsZeros || unit === 'text',
      inner: isInner ? rulesOf(source, keepsZeros) : [],
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
  toolCalls(reading, found) {
    if (!isText(found)) return;
    reading.toolCalls ??= [];
    reading.toolCalls.push(found);
  },
  toolKeys(reading, found) {
    if (reading.toolCalls === undefined || isObject(found)) return;
    reading.toolKeys ??= [];
    reading.toolKeys[reading.toolCalls.length - 1] ??= String(found);
  },
  total(reading, found) {
    const tokens = count(found);
    if (tokens !== undefined) reading.total ??= tokens;
  },
  providerCost(reading, found) {
    const dollars = amount(found);
    if (dollars !== undefined) reading.providerCost ??= dollars;
  },
  hasContent(reading) {
    reading.hasContent = true;
  },
  isLast(reading) {
    reading.isLast = true;
  },
};

const putText: Put = (reading, found, { name }) => {
  if (isText(found)) reading[name as 'providerResponseId'] ??= found;
};

const putProperty: Put = (reading, found, { name }) => {
  if (!isText(found)) return;
  reading.properties ??= {};
  reading.properties[name] ??= found;
};

/** Like a unit, but it may be a fraction, and 0 says nothing. */
const putFact: Put = (reading, found, { name }, isListed) => {
  const number = amount(found);
  if (!number) return;
  reading.billable ??= {};
  const before = reading.billable[name];
  if (before === undefined) reading.billable[name] = number;
  else if (isListed) reading.billable[name] = before + number;
};

/** A number that is not negative, also as decimal text. */
function amount(found: unknown): number | undefined {
  const number = typeof found === 'string' && /^\d+(?:\.\d+)?$/.test(found) ? Number(found) : found;
  return typeof number === 'number' && number >= 0 && number < Number.POSITIVE_INFINITY ? number : undefined;
}

const putInner: Put = (reading, found, { inner }) => {
  if (!Array.isArray(found)) apply(inner, found, reading, false);
  else for (const member of found) apply(inner, member, reading, true);
};

/**
 * `text` keeps its zeros, because an answer of no tokens is worth knowing. Any other unit appears only if it was used: most
 * answers mention caches that they did not touch, and Pay-i's own clients leave those out.
 */
const putCount: Put = (reading, found, { name, whole, isInput, keepsZeros }, isListed) => {
  // Headers have counts as decimal text.
  let tokens = count(typeof found === 'string' && /^\d+$/.test(found) ? Number(found) : found);
  if (tokens === undefined || (tokens === 0 && !keepsZeros)) return;
  reading.units ??= {};
  const { units, total } = reading;
  const before = countIn(units[name], isInput);
  if (before !== undefined && !isListed) return;
  if (whole !== undefined) {
    if (total === undefined || total - tokensIn(units) !== tokens) {
      if (total !== undefined) tokens = Math.min(tokens, countIn(units[whole], isInput) ?? tokens);
      takePart(units, whole, isInput, tokens);
    }
    if (tokens === 0) return;
  }
  units[name] ??= {};
  setCount(units[name], isInput, count((before ?? 0) + tokens) ?? (before as number));
};
