import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findJsonMembers, type JsonSource, parseMember, parseSpan } from './json.ts';

const names = ['model', 'stream', 'usage'];

const encoder = new TextEncoder();
const forms: [string, (text: string) => JsonSource][] = [
  ['text', (text) => text],
  ['UTF-8', (text) => encoder.encode(text)],
];

describe.each(forms)('findJsonMembers() of %s', (_, toSource) => {
  const read = (text: string, isFirstEnough = false): Record<string, unknown> => {
    const json = toSource(text);
    const found = findJsonMembers(json, names, isFirstEnough);
    return Object.fromEntries([...found].map(([name, span]) => [name, parseSpan(json, span)]));
  };

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

  it('stops at the first one, if that is enough', () => {
    expect(read('{"id":1, "usage":{"a":"ä"}, "usage":{}, "model":"b"}', true)).toEqual({ usage: { a: 'ä' } });
  });

  it('finds what is whole in JSON that breaks off', () => {
    expect(read('{"model":"a","usage":{"tokens":1')).toEqual({ model: 'a' });
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
        const wanted = Object.entries(parsed).filter(([name]) => names.includes(name));
        expect(read(text)).toEqual(Object.fromEntries(wanted));
      }),
    );
  });

  it('never throws and always ends', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...'{}[],:"\\ model1')), (characters) => {
        findJsonMembers(toSource(characters.join('')), names);
      }),
    );
  });
});

describe.each(forms)('parseMember() of %s', (_, toSource) => {
  const result = { request_id: '123', limits: { 'ä"}': {} } };
  const names = ['xproxy_result', 'proxy_result'];
  const parse = (text: string): unknown => parseMember(toSource(text), names);

  it.each([
    [{ content: 'Grüße', xproxy_result: result }, { xproxy_result: result }],
    [{ proxy_result: result, content: ['Grüße'] }, { proxy_result: result }],
  ])('parses the first of several members alone', (answer, member) => {
    expect(parse(JSON.stringify(answer))).toEqual(member);
    expect(parse(JSON.stringify(answer, undefined, 2))).toEqual(member);
  });

  it.each([
    ['nested in what a model wrote', JSON.stringify({ content: [{ input: { xproxy_result: result } }] })],
    ['in a text', JSON.stringify({ text: `{"xproxy_result":${JSON.stringify(result)}}` })],
    ['that breaks off', '{"xproxy_result":{"request_id":"123"'],
    ['in an image', '\u0089PNG'],
  ])('finds none %s', (_case, answer) => {
    expect(parse(answer)).toEqual({});
  });
});
