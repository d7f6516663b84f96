import { describe, expect, it } from 'vitest';
import { type AnswerFormat, formatReader } from './answer-format.ts';
import { nothing, type Reading } from './reading.ts';

const read = (format: AnswerFormat, value: unknown): Reading => formatReader(format)(value);

describe('formatReader()', () => {
  it('reads counters, members and properties', () => {
    const format: AnswerFormat = {
      providerResponseId: 'id',
      'system.stop_reason': 'finish.reason',
      'system.tier': 'tier',
      'text.input': 'usage.input',
      'text.output': 'usage.output',
      toolCalls: 'tool',
      hasContent: 'text',
      isLast: 'finish',
    };
    const answer = {
      id: 'a',
      finish: { reason: 'stop' },
      tier: 'flex',
      usage: { input: 2, output: 3 },
      tool: 'get_time',
      text: 'Hi',
    };
    expect(read(format, answer)).toEqual({
      providerResponseId: 'a',
      properties: { 'system.stop_reason': 'stop', 'system.tier': 'flex' },
      units: { text: { input: 2, output: 3 } },
      toolCalls: ['get_time'],
      hasContent: true,
      isLast: true,
    });
    expect(read(format, { id: 7, finish: false, usage: null, text: '' })).toBe(nothing);
    expect(read(format, null)).toBe(nothing);
  });

  it('reads the model, the tier, what the provider charged, and facts without a unit', () => {
    const format: AnswerFormat = {
      model: 'model',
      serviceTier: 'tier',
      providerCost: 'cost',
      'billable.audio_seconds': 'seconds',
      pictures: { 'billable.images': 'n' },
    };
    const answer = { model: 'm-1', tier: 'flex', cost: 0.25, seconds: 1.5, pictures: [{ n: 1 }, { n: 2 }] };
    expect(read(format, answer)).toEqual({
      model: 'm-1',
      serviceTier: 'flex',
      providerCost: 0.25,
      billable: { audio_seconds: 1.5, images: 3 },
    });
    expect(read(format, { model: 1, tier: '', cost: -1, seconds: 0, pictures: [{ n: 'x' }] })).toEqual({});
    expect(read(format, { cost: '0.5', seconds: '2' })).toEqual({
      providerCost: 0.5,
      billable: { audio_seconds: 2 },
    });
  });

  it.each([
    [{ a: 1, b: { c: 2 } }, 2],
    [{ a: 1, b: { c: null } }, 1],
    [{ a: 1, b: 'text' }, 1],
    [{ b: [] }, undefined],
  ])('takes the first alternative that has a value: %j', (answer, input) => {
    expect(read({ 'text.input': 'b.c | a' }, answer).units?.text?.input).toBe(input);
  });

  it('takes the first of two places', () => {
    const format: AnswerFormat = {
      providerResponseId: 'id',
      'text.input': 'whole',
      inner: { providerResponseId: 'id', 'text.input': 'whole' },
    };
    expect(read(format, { id: 'a', whole: 5, inner: { id: 'b', whole: 7 } })).toEqual({
      providerResponseId: 'a',
      units: { text: { input: 5 } },
    });
    expect(read(format, { inner: { id: 'b', whole: 7 } })).toEqual({
      providerResponseId: 'b',
      units: { text: { input: 7 } },
    });
  });

  it('lets a function decide', () => {
    const format: AnswerFormat = { 'text.input': ({ a, b }) => Number(a) + Number(b), isLast: () => false };
    expect(read(format, { a: 1, b: 2 })).toEqual({ units: { text: { input: 3 } } });
    expect(read(format, { a: 1 })).toBe(nothing);
  });

  it('adds up the counters of a list, and collects its tools', () => {
    const format: AnswerFormat = {
      'outer.list': { 'text.output': 'tokens', toolCalls: 'tool', 'system.stop_reason': 'reason' },
    };
    const list = [
      { tokens: 1, tool: 'a' },
      null,
      { tokens: 2, reason: 'stop' },
      { tool: 'b', reason: 'length' },
    ];
    expect(read(format, { outer: { list } })).toEqual({
      units: { text: { output: 3 } },
      toolCalls: ['a', 'b'],
      properties: { 'system.stop_reason': 'stop' },
    });
    const most = Number.MAX_SAFE_INTEGER;
    expect(read(format, { outer: { list: [{ tokens: most }, { tokens: 1 }] } }).units).toEqual({
      text: { output: most },
    });
  });

  it('takes parts out of the whole that includes them', () => {
    const format: AnswerFormat = {
      'text.input': 'total',
      'text.output': 'made',
      'image.output': 'pictures',
      details: { 'text/audio.input': 'audio', 'text/vision.input': 'vision', 'image/text.output': 'made' },
    };
    expect(read(format, { total: 10, details: { audio: 3, vision: 2 } }).units).toEqual({
      text: { input: 5 },
      audio: { input: 3 },
      vision: { input: 2 },
    });
    expect(read(format, { total: 4, details: { audio: 3, vision: 2 } }).units?.text).toEqual({ input: 0 });
    expect(read(format, { details: { audio: 3 } }).units).toEqual({ audio: { input: 3 } });
    expect(read(format, { pictures: 5, details: { made: 2 } }).units).toEqual({
      image: { output: 3 },
      text: { output: 2 },
    });
    expect(read(format, { pictures: 2, details: { made: 2 } }).units).toEqual({ text: { output: 2 } });
  });

  it('keeps a zero of text alone', () => {
    const format: AnswerFormat = { 'text.input': 'text', 'audio.input': 'audio' };
    expect(read(format, { text: 0, audio: 0 })).toEqual({ units: { text: { input: 0 } } });
  });

  it.each([-1, 0.5, 2 ** 53, Number.NaN, true, {}, [], '1.5', '-1', '1e3', ' 7'])(
    'does not count %j',
    (text) => {
      expect(read({ 'text.input': 'text' }, { text })).toEqual({});
    },
  );
});
