import { describe, expect, it } from 'vitest';
import { contentOnly, mergeReadings, nothing, type Reading, type Units } from './reading.ts';

const mergeUnits = (earlier: Units, later: Units): Units | undefined =>
  mergeReadings({ units: earlier }, { units: later }).units;

describe('mergeReadings()', () => {
  it('takes the later count, per unit and direction', () => {
    expect(
      mergeUnits({ text: { input: 5, output: 1 }, guardrail_topic: { input: 1 } }, { text: { output: 9 } }),
    ).toEqual({
      text: { input: 5, output: 9 },
      guardrail_topic: { input: 1 },
    });
  });

  it('keeps the first id, joins properties, appends tools', () => {
    const first: Reading = { providerResponseId: 'a', properties: { x: '1', y: '1' }, toolCalls: ['t'] };
    const second: Reading = {
      providerResponseId: 'b',
      properties: { y: '2' },
      toolCalls: ['t', 'u'],
      isLast: true,
    };
    expect(mergeReadings(first, second)).toEqual({
      providerResponseId: 'a',
      properties: { x: '1', y: '2' },
      toolCalls: ['t', 't', 'u'],
      isLast: true,
    });
  });

  it('keeps the first model, and takes the last tier, scope, cost and facts', () => {
    expect(
      mergeReadings(
        { model: 'a', serviceTier: 'auto', providerCost: 1, billable: { images: 1, audio_seconds: 2 } },
        { model: 'b', serviceTier: 'flex', scope: 'datazone.us', providerCost: 2, billable: { images: 3 } },
      ),
    ).toEqual({
      model: 'a',
      serviceTier: 'flex',
      scope: 'datazone.us',
      providerCost: 2,
      billable: { images: 3, audio_seconds: 2 },
    });
  });

  it('takes a later sum without the parts that only the earlier source tells apart', () => {
    const split = { text_cache_write: { input: 20 }, text_cache_write_1h: { input: 80 } };
    expect(mergeUnits(split, { text_cache_write: { input: 100 } })).toEqual(split);
    const detailed = {
      text: { input: 60, output: 10 },
      audio: { input: 40, output: 15 },
      reasoning: { output: 25 },
    };
    expect(mergeUnits(detailed, { text: { input: 100, output: 50 } })).toEqual(detailed);
  });

  it('takes an earlier sum without the parts that only the later source tells apart', () => {
    const hourOnly = { text_cache_write_1h: { input: 80 } };
    expect(mergeUnits({ text_cache_write: { input: 80 } }, hourOnly)).toEqual(hourOnly);
    expect(mergeUnits(hourOnly, { text_cache_write: { input: 80 } })).toEqual(hourOnly);
    expect(mergeUnits({ text_cache_write: { input: 100 } }, hourOnly)).toEqual({
      text_cache_write: { input: 20 },
      ...hourOnly,
    });
  });

  it('subtracts nothing in a direction of which the later source does not speak', () => {
    const detailed = { text: { input: 60, output: 10 }, audio: { input: 40 } };
    expect(mergeUnits(detailed, { text: { output: 50 } })).toEqual({
      ...detailed,
      text: { input: 60, output: 50 },
    });
  });

  it('takes a later count as it is when the later source tells the parts apart too', () => {
    expect(
      mergeUnits(
        { text: { output: 10 }, reasoning: { output: 5 } },
        { text: { output: 12 }, reasoning: { output: 6 } },
      ),
    ).toEqual({ text: { output: 12 }, reasoning: { output: 6 } });
  });

  it('gives back the same object when one side says nothing', () => {
    const reading: Reading = { units: { text: { input: 1 } } };
    expect(mergeReadings(reading, nothing)).toBe(reading);
    expect(mergeReadings(nothing, reading)).toBe(reading);
    expect(mergeReadings(contentOnly, contentOnly)).toBe(contentOnly);
  });

  it('changes neither side', () => {
    const earlier = Object.freeze({ units: Object.freeze({ text: Object.freeze({ input: 1 }) }) });
    const later = Object.freeze({ units: Object.freeze({ text: Object.freeze({ input: 2 }) }) });
    expect(mergeReadings(earlier, later)).toEqual({ units: { text: { input: 2 } } });
    expect(earlier.units.text.input).toBe(1);
  });
});
