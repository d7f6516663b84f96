import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findJsonMembers, parseSpan } from './json-members.ts';

const names = new Set(['model', 'stream', 'usage']);
const read = (text: string): Record<string, unknown> =>
  Object.fromEntries([...findJsonMembers(text, names)].map(([name, span]) => [name, parseSpan(text, span)]));

describe('findJsonMembers()', () => {
  it('finds members of the top level alone', () => {
    const text = JSON.stringify({
      messages: [{ role: 'user', content: '{"model":"fake"} \\" "stream":true', model: 'inner' }],
      model: 'gpt-4o',
      usage: { a: [1, { b: '}' }] },
      stream: true,
    });
    expect(read(text)).toEqual({ model: 'gpt-4o', usage: { a: [1, { b: '}' }] }, stream: true });
  });

  it('takes the last of two, as JSON.parse does', () => {
    expect(read('{"model":"a","model":"b"}')).toEqual({ model: 'b' });
  });

  it.each([
    '',
    '[]',
    '"model"',
    'null',
    '{',
    '{"model',
    '{"model"',
    '{"model":',
    '{"model":"a',
    '{model:1}',
    '<html>',
  ])('finds nothing in %j', (text) => {
    expect(read(text)).toEqual({});
  });

  it('agrees with JSON.parse', () => {
    const object = fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), fc.jsonValue());
    fc.assert(
      fc.property(object, fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        const parsed = JSON.parse(text) as Record<string, unknown>;
        const wanted = Object.entries(parsed).filter(([name]) => names.has(name));
        expect(read(text)).toEqual(Object.fromEntries(wanted));
      }),
    );
  });

  it('never throws and always ends', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...'{}[],:"\\ model1')), (characters) => {
        findJsonMembers(characters.join(''), names);
      }),
    );
  });
});
