import { describe, expect, it } from 'vitest';
import { holdsClaim, outputClaimsOf, uncaughtErrorOf } from '../src/output-claims.ts';

describe('what a block says that it prints', () => {
  it.each([
    ['console.log(a); // 1', ['1']],
    ['if (a) console.log(a, b); // 1 2\n// prose', ['1 2']],
    ['console.log(a);\n// {\n//   b: 1\n// }\nnext();', ['{\n  b: 1\n}']],
    ['call({\n  onReceipt: (a) => console.log(a), // 1\n});', ['1']],
    ['console.log(\n  a,\n);\n// 1', ['1']],
    ['console.log(a);\n\n// prose', []],
    ['console.log(a); // 1\nconsole.log(b);\n// 2', ['1', '2']],
    ['log(a); // prose', []],
    ["console.log('// no comment');", []],
  ])('is read from %j', (source, claims) => {
    expect(outputClaimsOf(source).map(({ text }) => text)).toEqual(claims);
  });

  it('has a stream and a line', () => {
    expect(outputClaimsOf('\nconsole.error(a); // 1')).toEqual([{ stream: 'stderr', text: '1', line: 2 }]);
  });

  it.each([
    ['1', '1', true],
    ['0\n1\n2', '1', true],
    ['10', '1', false],
    ['{\n  a: 1\n}', '{ a: 1 }', true],
    ['{ a: 1 }', '{\n  a: 1\n}', true],
    ['{ a: 2 }', '{ a: 1 }', false],
    ['took 12 ms', 'took … ms', true],
    ['took 12 s', 'took … ms', false],
    ['a\nb\nc\nd', 'a\n…\nd', true],
    ['a b a', 'a … b … a', false],
    ['ab', 'ab…b', false],
    ['axb', 'a.b', false],
    ['', '1', false],
  ])('of %j: %j is %j', (output, claim, isTrue) => {
    expect(holdsClaim(output, claim)).toBe(isTrue);
  });

  it('may be an error at its end', () => {
    expect(uncaughtErrorOf('f();\n// TypeError: no\n')).toBe('TypeError: no');
    expect(uncaughtErrorOf('f(); // TypeError: no\n')).toBeUndefined();
    expect(uncaughtErrorOf('// TypeError: no\nf();\n')).toBeUndefined();
  });
});
