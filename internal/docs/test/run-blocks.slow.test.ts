import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { blocksToRun } from '../src/block-runs.ts';
import { type LocalServices, startLocalServices } from '../src/local-services.ts';
import { readPages, root } from '../src/pages.ts';
import { isRecipe } from '../src/recipes.ts';
import { runBlock } from '../src/run-block.ts';

/** Each example runs and checks itself: what a page shows of one, to the letter, is called there. */
const exampleFiles = new Set(
  readdirSync(join(root, 'examples'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) =>
      readdirSync(join(root, 'examples', name))
        .filter((file) => file.endsWith('.ts'))
        .map((file) => readFileSync(join(root, 'examples', name, file), 'utf8')),
    ),
);

const runs = blocksToRun(readPages()).filter(({ block }) => !isRecipe(block));

describe.concurrent('a code block', () => {
  let services: LocalServices;
  let compileCache: string;
  beforeAll(async () => {
    services = await startLocalServices();
    compileCache = await mkdtemp(join(tmpdir(), 'payi-compile-cache-'));
  });
  afterAll(async () => {
    await services.close();
    await rm(compileCache, { recursive: true });
  });

  it.for(runs)('$where runs', { timeout: 200_000 }, async ({ block, siblings }, { expect }) => {
    const environment = services.environmentFor(block.source);
    const mayLeaveFunctions = exampleFiles.has(block.source.trimStart());
    const options = { siblings, mayLeaveFunctions, environment, compileCache };
    const { faults, stdout, stderr } = await runBlock(block, options);
    expect(faults, `stdout:\n${stdout}\nstderr:\n${stderr}`).toEqual([]);
  });
});
