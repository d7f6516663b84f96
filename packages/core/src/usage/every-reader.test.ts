import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatReader } from './answer-format.ts';
import { readAnthropicEvent, readAnthropicMessage } from './anthropic-messages.ts';
import { readBedrockBody, readBedrockChunk } from './bedrock-body.ts';
import { disagreements } from './compare-units.ts';
import { readConverse, readConverseEvent } from './converse.ts';
import * as formats from './formats.ts';
import { readGuardrail } from './guardrail.ts';
import { readOpenAIResponse, readOpenAIResponseEvent } from './openai-responses.ts';
import { readProxyResult } from './proxy-result.ts';
import { readGemini } from './readers.ts';
import { mergeReadings, nothing, type Reading } from './reading.ts';

const readers: Record<string, (value: unknown) => Reading> = {
  readAnthropicEvent,
  readAnthropicMessage,
  readBedrockBody: (value) => readBedrockBody(value),
  readBedrockChunk: (value) => readBedrockChunk(value),
  readConverse,
  readConverseEvent,
  readGemini,
  readGuardrail,
  readOpenAIResponse,
  readOpenAIResponseEvent,
};
for (const [name, format] of Object.entries(formats)) {
  if (typeof format === 'object') readers[name] = formatReader(format);
}

const folder = new URL('./__fixtures__/', import.meta.url);
const fixtures: unknown[] = readdirSync(folder).flatMap((name) => {
  const { body } = JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
  return Array.isArray(body) ? body : [body];
});

/** Values that a count, a name, a list or a record must not be. */
const oddity = fc.oneof(
  fc.constantFrom(
    null,
    undefined,
    -1,
    0.5,
    1e300,
    Number.NaN,
    Infinity,
    2 ** 53,
    '7',
    '',
    true,
    [],
    {},
    [null],
    -0,
  ),
  fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withSparseArray: true,
  }),
);

/** A fixture in which up to four values, anywhere, are something else. */
const mutated = fc
  .tuple(fc.constantFrom(...fixtures), fc.array(fc.tuple(fc.nat(40), oddity), { maxLength: 4 }))
  .map(([fixture, replacements]) => mutate(fixture, new Map(replacements)));

/** Counts the values depth first, and puts in those whose number has a replacement. */
function mutate(fixture: unknown, replacements: ReadonlyMap<number, unknown>): unknown {
  let position = 0;
  const visit = (value: unknown): unknown => {
    position += 1;
    if (replacements.has(position)) return replacements.get(position);
    if (Array.isArray(value)) return value.map(visit);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, visit(member)]));
  };
  return visit(fixture);
}

function checkReading(reading: Reading): void {
  const { units, properties, toolCalls, isLast, hasContent, alsoCounted, byOthers, billable, ...more } =
    reading;
  const { providerResponseId, model, routedTo, serviceTier, scope, uses, ...rest } = more;
  const { total, providerCost, toolKeys, ...unknown } = rest;
  expect(unknown).toEqual({});
  for (const other of byOthers ?? []) checkReading(other);
  if (total !== undefined) expect(Number.isSafeInteger(total) && total >= 0).toBe(true);
  for (const amount of [providerCost ?? 0, ...Object.values(billable ?? {})]) {
    expect(amount >= 0 && Number.isFinite(amount)).toBe(true);
  }
  for (const key of toolKeys ?? []) expect(typeof (key ?? '')).toBe('string');
  for (const [name, counts] of Object.entries({ ...units, ...alsoCounted?.units })) {
    expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
    expect(Object.keys(counts).length).toBeGreaterThan(0);
    for (const [direction, tokens] of Object.entries(counts)) {
      expect(['input', 'output']).toContain(direction);
      expect(Number.isSafeInteger(tokens) && tokens >= 0).toBe(true);
    }
  }
  const names = [providerResponseId, model, routedTo, serviceTier, scope, uses, alsoCounted?.source];
  for (const name of [...names, ...(toolCalls ?? []), ...Object.values(properties ?? {})]) {
    if (name !== undefined) expect(typeof name).toBe('string');
  }
  for (const flag of [isLast, hasContent]) if (flag !== undefined) expect(flag).toBe(true);
}

describe.each(Object.entries(readers))('%s()', (_name, read) => {
  it('takes any value and gives whole counts from 0, and names, or nothing', () => {
    fc.assert(
      fc.property(fc.oneof(oddity, mutated), (value) => {
        checkReading(read(value));
      }),
      { numRuns: 300 },
    );
  });
});

describe('readBedrockBody()', () => {
  it('reads every fixture without its family', () => {
    for (const fixture of fixtures) checkReading(readBedrockBody(fixture));
  });
});

describe('mergeReadings()', () => {
  it('gives whole counts from 0 for any sequence of readings, and agrees with itself', () => {
    const reading = fc
      .tuple(fc.constantFrom(...Object.values(readers)), mutated)
      .map(([read, value]) => read(value));
    fc.assert(
      fc.property(fc.array(reading, { maxLength: 6 }), (readings) => {
        const merged = readings.reduce(mergeReadings, nothing);
        checkReading(merged);
        const counted = { source: 'stream', units: merged.units ?? {} };
        expect(disagreements(counted, counted)).toEqual([]);
      }),
    );
  });
});

describe('readProxyResult()', () => {
  it('takes any value', () => {
    const result = fc.record({
      request_id: oddity,
      cost: fc.oneof(
        oddity,
        fc.record({ currency: oddity, input: oddity, total: fc.record({ base: oddity }) }),
      ),
      limits: fc.oneof(oddity, fc.dictionary(fc.string(), fc.record({ state: oddity }))),
      blocked_limit_ids: oddity,
      warnings: oddity,
    });
    const answer = fc.record(
      { xproxy_result: result, proxy_result: result, error: oddity },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(oddity, result, answer), (value) => {
        const { cost } = readProxyResult(value) ?? {};
        for (const amount of [cost?.input, cost?.output, cost?.total]) {
          if (amount !== undefined) expect(amount).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });
});
