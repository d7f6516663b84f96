import { describe, expect, it } from 'vitest';
import { addJsonMember } from './proxy-result.ts';

const add = (json: string): string | undefined => addJsonMember(Buffer.from(json), 'r', { a: 1 })?.toString();

describe('addJsonMember()', () => {
  it('adds a member and keeps every byte of the rest', () => {
    expect(add('{ "n": 12345678901234567890, "s": "\\u00e9}" }\n')).toBe(
      '{ "n": 12345678901234567890, "s": "\\u00e9}" ,"r":{"a":1}}\n',
    );
  });

  it('needs no comma in an empty object', () => {
    expect(add('{}')).toBe('{"r":{"a":1}}');
  });

  it.each(['[1]', '"text"', 'null', '', '{"a":', '<html>'])('leaves %s alone', (body) => {
    expect(add(body)).toBeUndefined();
  });
});
