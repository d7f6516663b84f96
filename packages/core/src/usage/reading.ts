/** Pay-i's name of a unit → counts. An unknown count is absent, never 0. */
export type Units = Readonly<Record<string, { readonly input?: number; readonly output?: number }>>;

/** What is counted, and who counted it: `body`, `response-headers` … */
export interface CountedBy {
  readonly source: string;
  readonly units: Units;
}

/** Counts that fill the gaps of the model's own. A method, so that only adapters that meet such counts contain it. */
export interface OtherCounts extends CountedBy {
  /** @returns The counts of both, and where they differ, in words. */
  complete(own: CountedBy): { readonly units: Units; readonly differences: readonly string[] };
}

/** What one source (a body, an event, the response headers) says about a call. It says nothing about what is absent. */
export interface Reading {
  readonly units?: Units;
  /** The provider's id of the answer. */
  readonly providerResponseId?: string;
  /** The tokens of all units together, as the answer states them. An answer that states them has all its counts. */
  readonly total?: number;
  /** The model that answered. */
  readonly model?: string;
  /** The name of what served the request. Counts as its resource where the request names none. */
  readonly resource?: string;
  /** The model that got the call in place of the one asked for: the choice of a router, a fallback. It is priced. */
  readonly routedTo?: string;
  /** The class of service that the provider billed, in its own word. */
  readonly serviceTier?: string;
  /** Pay-i's resource scope, where the answer says in which geography it was made: `datazone.us`. */
  readonly scope?: string;
  /** What the provider itself says that the call cost, in US dollars. */
  readonly providerCost?: number;
  /** Facts that are billed and have no unit at Pay-i, by name: `audio_seconds`, `images`, `rerank_searches` … */
  readonly billable?: Readonly<Record<string, number>>;
  /** Counts of the same answer by somebody else than the model. */
  readonly alsoCounted?: OtherCounts;
  /** What other models did for this answer and is not in its counts, each with `model` and `units`. */
  readonly byOthers?: readonly Reading[];
  /** What was used and should be counted, as the units of it begin: `guardrail`. Without such a unit there is a warning. */
  readonly uses?: string;
  /** Names begin with `system.`: `system.stop_reason`, `system.failure`, `system.aws.bedrock.guardrail.action` … */
  readonly properties?: Readonly<Record<string, string>>;
  /** Names only, because arguments are content. */
  readonly toolCalls?: readonly string[];
  /**
   * What the names of one call begin with in all events: `index id`, or only the index. Some servers repeat the name of a
   * tool in each piece of its arguments.
   */
  readonly toolKeys?: readonly (string | undefined)[];
  /** This source ends the answer. */
  readonly isLast?: boolean;
  /** This source has content of the answer (text, reasoning, tool input …). The first such event is the first token. */
  readonly hasContent?: boolean;
}

/** Most events of a stream say nothing. They share one object, because a stream has thousands. */
export const nothing: Reading = Object.freeze({});

/** For an event that has a piece of the answer and nothing else. */
export const contentOnly: Reading = Object.freeze({ hasContent: true });

/**
 * Merges what two sources of one call say. Counters of streams are cumulative, so a later count replaces an earlier one
 * of the same unit and direction.
 *
 * If only one source tells a part from its whole (`wholeOf`), the part is subtracted from the other source's count
 * of the whole: Anthropic sends the lifetimes of cache writes when a message starts, and only their sum when it ends.
 *
 * @param earlier - Its id and model win, because the first event of a stream has those of the answer.
 * @returns `earlier` itself when the later source says nothing. Neither is changed.
 */
export function mergeReadings(earlier: Reading, later: Reading): Reading {
  if (later === nothing || later === earlier) return earlier;
  if (earlier === nothing) return later;
  const merged: { -readonly [Member in keyof Reading]: Reading[Member] } = { ...earlier, ...later };
  if (earlier.providerResponseId) merged.providerResponseId = earlier.providerResponseId;
  if (earlier.model) merged.model = earlier.model;
  if (earlier.units && later.units) {
    merged.units = mergeUnits(earlier.units, later.units, later.total !== undefined);
  }
  if (later.billable) merged.billable = { ...earlier.billable, ...later.billable };
  if (later.properties) merged.properties = { ...earlier.properties, ...later.properties };
  if (later.toolCalls) {
    const { toolCalls = [], toolKeys = [] } = earlier;
    const keys = later.toolKeys;
    const isNew = (_: string, at: number): boolean =>
      keys?.[at] === undefined || !toolKeys.some((key) => key?.startsWith(keys[at] as string));
    merged.toolCalls = [...toolCalls, ...later.toolCalls.filter(isNew)];
    if (keys !== undefined) merged.toolKeys = [...toolKeys, ...keys];
  }
  return merged;
}

/**
 * Counts of both, without units that were not used. A later count replaces an earlier one. Neither is changed.
 *
 * @param isWhole - The later source has all counts of tokens: what it does not mention is zero.
 */
export function mergeUnits(earlier: Units, later: Units, isWhole = false): Units {
  const merged: GatheredUnits = {};
  for (const name in earlier) if (!isWhole || !isOfTokens(name)) merged[name] = { ...earlier[name] };
  for (const name in later) merged[name] = { ...merged[name], ...later[name] };
  if (isWhole) return merged;
  for (const part in wholeOf) {
    if (!earlier[part] === !later[part]) continue;
    const whole = wholeOf[part] as string;
    const teller = earlier[part] ? earlier : later;
    for (const isInput of [true, false]) {
      const source = countIn(later[whole], isInput) === undefined ? earlier : later;
      if (source !== teller) takePart(merged, whole, isInput, countIn(teller[part], isInput) ?? 0);
    }
  }
  for (const name in merged) {
    if (name !== 'text' && !merged[name]?.input && !merged[name]?.output) delete merged[name];
  }
  return merged;
}

/** Adds counts to a sum, which is changed. */
export function addUnits(sum: GatheredUnits, units: Units): void {
  for (const name in units) {
    sum[name] ??= {};
    for (const direction of directions) {
      const tokens = units[name]?.[direction];
      if (tokens !== undefined) sum[name][direction] = (sum[name][direction] ?? 0) + tokens;
    }
  }
}

export const directions = ['input', 'output'] as const;

/** Requests and units of guardrails are counted in something else. */
export const isOfTokens = (unit: string): boolean => !/_request$|^guardrail_/.test(unit);

/** The tokens of all units together. */
export function tokensIn(units: Units): number {
  let tokens = 0;
  for (const name in units) {
    if (isOfTokens(name)) tokens += (units[name]?.input ?? 0) + (units[name]?.output ?? 0);
  }
  return tokens;
}

/**
 * Units that are a part of another unit. A source that does not tell them apart counts them in the whole: Bedrock's
 * response headers have one number of tokens written to caches, of any lifetime, and one of output tokens.
 */
export const wholeOf: Readonly<Record<string, string>> = {
  text_cache_write_1h: 'text_cache_write',
  reasoning: 'text',
  audio: 'text',
  vision: 'text',
};

export interface Counts {
  input?: number;
  output?: number;
}

/** Units that are being counted. */
export type GatheredUnits = Record<string, Counts>;

// The two names are written out here and below: a computed name takes several times as long.
export function countIn(counts: Readonly<Counts> | undefined, isInput: boolean): number | undefined {
  return isInput ? counts?.input : counts?.output;
}

export function setCount(counts: Counts, isInput: boolean, tokens: number): void {
  if (isInput) counts.input = tokens;
  else counts.output = tokens;
}

/** Subtracts a part from the unit that includes it. A unit with nothing left is deleted, except `text`. */
export function takePart(units: GatheredUnits, whole: string, isInput: boolean, part: number): void {
  const counts = units[whole];
  const sum = countIn(counts, isInput);
  if (counts === undefined || sum === undefined) return;
  if (sum > part || whole === 'text') setCount(counts, isInput, Math.max(0, sum - part));
  else delete units[whole];
}
