import { expect, it } from 'vitest';
import { codeBlocksOf } from '../src/code-blocks.ts';
import { compileBlocks } from '../src/compile-blocks.ts';
import { readPages } from '../src/pages.ts';
import { isRecipe } from '../src/recipes.ts';

it('the documentation shows only TypeScript that compiles', { timeout: 300_000 }, () => {
  const blocks = readPages()
    .flatMap(codeBlocksOf)
    .filter((block) => !isRecipe(block));
  expect(blocks.length).toBeGreaterThan(40);
  // One that does not, to see that this is noticed.
  const text = "```ts\nconst a: number = 1;\nconst b: string = a ?? '';\n```\n";
  const wrong = codeBlocksOf({ path: 'docs/imagined.md', text });
  expect(compileBlocks([...blocks, ...wrong].filter(({ language }) => language === 'ts'))).toEqual([
    "docs/imagined.md:3: Type 'number' is not assignable to type 'string'.",
  ]);
});
