import { execFile } from 'node:child_process';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { publishedPackages } from '@payi-internal/release/published-packages';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, printed, providers, startBackend } from './annotated-calls.ts';
import { bundlers } from './bundlers.ts';
import { type Consumer, createConsumer } from './consumer.ts';

const execute = promisify(execFile);
const require = createRequire(import.meta.url);
const node22 = join(
  dirname(require.resolve('@payi-internal/node-22/package.json')),
  'node_modules/node/bin/node',
);
const delivery = /^delivery[-.]/;

let consumer: Consumer;
let backend: Backend;
beforeAll(async () => {
  [consumer, backend] = await Promise.all([createConsumer(), startBackend()]);
}, 300_000);
afterAll(() => Promise.all([consumer?.remove(), backend?.close()]));

describe.each(bundlers)('the packed packages in a bundle of $name', { timeout: 300_000 }, (bundler) => {
  it.each(providers)(
    'send an annotated call of %s and leave its receipt, as ESM and as CommonJS',
    async (provider) => {
      const program = join(consumer.directory, 'annotated-call', `${provider}.mjs`);
      // Outside of the consumer: what is not in the bundle cannot be found from there.
      const directory = `${consumer.directory}-${provider}`;
      await mkdir(directory);
      try {
        const { esm, cjs } = await bundler.write(program, directory);
        // Route `proxy` does without delivery, so its chunk may be missing. Rollup does not even write it, because the
        // program does not call `createPayi()`.
        const chunks = (await readdir(dirname(esm))).filter((file) => delivery.test(file));
        expect(chunks.length).toBeLessThanOrEqual(1);
        for (const chunk of chunks) await rm(join(dirname(esm), chunk));
        // Each format under one Node.js: both under both, unbundled, is what the tests of loading see.
        for (const [node, file] of [
          [node22, esm],
          [process.execPath, cjs],
        ] as const) {
          const { stdout } = await execute(node, [file], { cwd: directory, env: backend.environment });
          expect(JSON.parse(stdout), file).toMatchObject(printed[provider]);
        }
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    },
  );

  it('get the answer of a call and report a fault, if the chunk for calls is missing', async () => {
    const program = join(consumer.directory, 'call-without-chunk.mjs');
    const directory = `${consumer.directory}-without-chunk`;
    await mkdir(directory);
    try {
      const { esm } = await bundler.write(program, directory);
      const run = async (): Promise<unknown> => {
        const { stdout } = await execute(process.execPath, [esm], { env: backend.directEnvironment });
        return JSON.parse(stdout);
      };
      const answer = 'Hello to you';
      expect(await run()).toEqual({ answer, diagnostics: [] });
      const chunks = (await readdir(dirname(esm))).filter((file) => file.startsWith('call-'));
      expect(chunks).toHaveLength(1);
      for (const chunk of chunks) await rm(join(dirname(esm), chunk));
      expect(await run()).toEqual({ answer, diagnostics: ['INTERNAL_FAULT'] });
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  /** What becomes of a program of the consumer. */
  async function modulesOf(code: string): ReturnType<typeof bundler.modules> {
    const program = join(consumer.directory, 'program.mjs');
    await writeFile(program, code);
    return bundler.modules(program);
  }

  it.each([
    ['bedrock', 'registerBedrockClientCallbacks'],
    ['openai', 'withPayi'],
    ['anthropic', 'withPayi'],
    ['google', 'withPayi'],
  ])('bring no delivery with %s alone, and load it later with createPayi()', async (adapter, name) => {
    const alone = await modulesOf(`export { ${name} } from '@payi/${adapter}';`);
    expect(Object.keys(alone.atStart)).toContain('adapter.js');
    const all = Object.keys({ ...alone.atStart, ...alone.later });
    expect(all.filter((file) => delivery.test(file))).toEqual([]);
    const { atStart, later } = await modulesOf(`
      export { ${name} } from '@payi/${adapter}';
      export { createPayi } from '@payi/core';
    `);
    expect(Object.keys(atStart).filter((file) => delivery.test(file))).toEqual([]);
    expect(Object.keys(later).filter((file) => delivery.test(file))).toHaveLength(1);
  });

  it('bring neither delivery nor adapters into a program that only writes headers', async () => {
    const { atStart } = await modulesOf(`
      import { createHeaders } from '@payi/core';
      console.log(createHeaders({ userId: 'u-42' }));
    `);
    const { 'program.mjs': own, ...modules } = atStart;
    expect(own).toBeGreaterThan(0);
    expect(Object.keys(modules).filter((file) => !file.startsWith('chunk-'))).toEqual([]);
  });

  it('leave nothing behind in a program that uses none of what it imports', async () => {
    // The testkit, which belongs into tests, would only take long.
    const entries = publishedPackages.flatMap(({ folder, entries }) => (folder === 'testkit' ? [] : entries));
    // An application does not import what only calls need.
    const names = entries.map(({ name }) => name).filter((name) => name !== '@payi/core/calls');
    const imports = names.map((name, index) => `import * as unused${index} from '${name}';`);
    const { atStart } = await modulesOf(`${imports.join('\n')}\nconsole.log(1);`);
    const bytes = Object.values(atStart).reduce((sum, each) => sum + each, 0);
    // esbuild writes the chunks of adapters in any case, and keeps at start the files that they share with the entries.
    expect(bytes).toBeLessThan(bundler.name === 'esbuild' ? 13_000 : 50);
  });
});
