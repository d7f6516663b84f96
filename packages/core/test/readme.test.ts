import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const example = new URL('readme-example.gen.ts', import.meta.url);

afterEach(async () => {
  vi.restoreAllMocks();
  await rm(example, { force: true });
});

describe('the README of @payi/core', () => {
  it('holds one example, which prints what the comments beside it say', async () => {
    const codes = [...readme.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code as string);
    expect(codes).toHaveLength(1);
    const [code] = codes as [string];
    const printed: string[] = [];
    vi.spyOn(console, 'log').mockImplementation((text) => void printed.push(String(text)));
    await writeFile(example, code);
    await import(/* @vite-ignore */ example.pathname);
    const promised = [...code.matchAll(/console\.log\(.+\); \/\/ (.+)$/gm)].map(([, text]) => text);
    expect(promised).toHaveLength(4);
    expect(printed).toEqual(promised);
  });
});
