import { describe, expect, it } from 'vitest';
import { fencesOf } from '../src/fences.ts';
import { readPages } from '../src/pages.ts';

/** What becomes of the blocks of each language. */
const languages = {
  ts: 'compiled and run',
  js: 'run',
  sh: 'run',
  json: 'parsed',
  text: 'for reading: output, pictures',
  http: 'for reading: what is on the wire',
  python: 'for reading, on the page about the Python guide: there is no Python here to run it',
};

const fences = readPages().flatMap(({ path, text }) =>
  fencesOf(text).map((fence) => ({ ...fence, page: path, where: `${path}:${fence.line}` })),
);

describe('every code block', () => {
  it('is in a language that says what becomes of it', () => {
    const unknown = fences.filter(({ language }) => !Object.hasOwn(languages, language));
    expect(unknown.map(({ where, language }) => `${where}: "${language}"`)).toEqual([]);
  });

  it('of JSON can be parsed', () => {
    for (const { code, where } of fences.filter(({ language }) => language === 'json')) {
      expect(() => JSON.parse(code), where).not.toThrow();
    }
  });

  it('of Python has a page for itself', () => {
    const pages = fences.filter(({ language }) => language === 'python').map(({ page }) => page);
    expect([...new Set(pages)]).toEqual(['docs/coming-from-python.md']);
  });
});

describe('a fence', () => {
  it('has its language, its code and the line of its code', () => {
    expect(fencesOf('# Title\n\n```ts\nconst a = 1;\n\nconst b = 2;\n```\n')).toEqual([
      { language: 'ts', line: 4, code: 'const a = 1;\n\nconst b = 2;\n' },
    ]);
  });

  it.each(['```ts twoslash', '```ts{1,3}', '```ts [chat.ts]', '``` ts', '~~~ts', '````ts'])(
    'may begin with %s',
    (opening) => {
      const fence = /^[`~]+/.exec(opening)?.[0] ?? '';
      expect(fencesOf(`${opening}\na();\n${fence}\n`)).toEqual([{ language: 'ts', line: 2, code: 'a();\n' }]);
    },
  );

  it('loses the indentation that it has in a list', () => {
    expect(fencesOf('1. First\n\n   ```sh\n   if true; then\n     npm test\n   fi\n   ```\n')).toEqual([
      { language: 'sh', line: 4, code: 'if true; then\n  npm test\nfi\n' },
    ]);
  });

  it('holds shorter fences', () => {
    const [outer, ...others] = fencesOf('````text\n```ts\n```\n````\n');
    expect(outer?.code).toBe('```ts\n```\n');
    expect(others).toEqual([]);
  });

  it('without a language has none', () => {
    expect(fencesOf('```\na\n```\n')[0]?.language).toBe('');
  });
});
