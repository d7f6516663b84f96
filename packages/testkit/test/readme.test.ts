import { readFile, rm, writeFile } from 'node:fs/promises';
import { describe, expect, it, vi } from 'vitest';

describe('README.md', () => {
  it('holds examples that print what their comments say', async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
    const examples = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code ?? '');
    expect(examples.length).toBeGreaterThan(0);
    for (const [index, code] of examples.entries()) {
      const file = new URL(`readme-example-${index}.gen.ts`, import.meta.url);
      const log = vi.spyOn(console, 'log').mockImplementation(() => {});
      try {
        await writeFile(file, code);
        await import(/* @vite-ignore */ file.pathname);
        const promised = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)/g)].map(([, text]) => text);
        expect(log.mock.calls.map((call) => call.map(String).join(' '))).toEqual(promised);
      } finally {
        log.mockRestore();
        await rm(file);
      }
    }
  });
});
