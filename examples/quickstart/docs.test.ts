import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

/** An example as documentation shows it: the body of its function, without what it returns, at the top level. */
function shown(path: string): string {
  return read(path)
    .replace(
      /export async function \w+\(\): Promise<object> \{\n([\s\S]*)\n {2}return response;\n\}\n$/,
      (_, body: string) => body.replace(/^ {2}/gm, ''),
    )
    .trim();
}

describe('the documentation', () => {
  it.each([
    ['docs/coming-from-python.md', 'complete-example.ts'],
    ['docs/coming-from-python.md', 'streaming-example.ts'],
  ])('%s shows what %s runs', (page, example) => {
    const blocks = [...read(`../../${page}`).matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) =>
      code?.trim(),
    );
    expect(blocks).toContain(shown(example));
  });
});
