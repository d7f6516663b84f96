import { expect, it } from 'vitest';
import { codeBlocksOf } from '../src/code-blocks.ts';
import { compileBlocks } from '../src/compile-blocks.ts';
import { readPages } from '../src/pages.ts';

const blocks = readPages()
  .flatMap(codeBlocksOf)
  .filter(({ language }) => language === 'ts');

it('the documentation shows only TypeScript that compiles', { timeout: 180_000 }, () => {
  expect(blocks.length).toBeGreaterThan(40);
  expect(compileBlocks(blocks)).toEqual([]);
});
