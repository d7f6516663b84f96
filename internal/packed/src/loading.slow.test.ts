import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { parseHeaders } from '@payi/core';
import {
  type Entry,
  type PublishedPackage,
  publishedPackages,
} from '@payi-internal/release/published-packages';
import { transform } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, printed, providers, startBackend } from './annotated-calls.ts';
import { type Consumer, createConsumer } from './consumer.ts';

/** Names that an entry exports according to its sources. */
async function exportNames({ directory }: PublishedPackage, { file }: Entry): Promise<string[]> {
  const source = join(directory, 'src', file);
  const path = existsSync(`${source}.ts`) ? `${source}.ts` : join(source, 'index.ts');
  return Object.keys((await import(path)) as object).sort();
}

describe('the packed packages', () => {
  let consumer: Consumer;
  let backend: Backend;
  beforeAll(async () => {
    [consumer, backend] = await Promise.all([createConsumer(), startBackend()]);
  }, 300_000);
  afterAll(() => Promise.all([consumer?.remove(), backend?.close()]));

  it('give the same names to import and to require, each from a file of its own kind', async () => {
    const expected: Record<string, object> = {};
    for (const published of publishedPackages) {
      for (const entry of published.entries) {
        const names = await exportNames(published, entry);
        expected[entry.name] = {
          imported: { file: `${entry.file}.js`, names },
          required: { file: `${entry.file}.cjs`, names },
        };
      }
    }
    const parameters = Object.keys(expected);
    expect(await consumer.run('export-names.mjs', { parameters })).toEqual(expected);
  });

  it.each(providers)('send an annotated call of %s and leave its receipt, imported', async (provider) => {
    const { environment } = backend;
    expect(await consumer.run(`annotated-call/${provider}.mjs`, { environment })).toMatchObject(
      printed[provider],
    );
  });

  it.each(providers)('send an annotated call of %s and leave its receipt, required', async (provider) => {
    const program = join(consumer.directory, 'annotated-call', provider);
    const { code } = await transform(await readFile(`${program}.mjs`, 'utf8'), {
      format: 'cjs',
      platform: 'node',
    });
    expect(code).toContain(`require("@payi/${provider}")`);
    await writeFile(`${program}.cjs`, code);
    const { environment } = backend;
    expect(await consumer.run(`annotated-call/${provider}.cjs`, { environment })).toMatchObject(
      printed[provider],
    );
  });

  it('know each other when both the ESM and the CJS copy are loaded', async () => {
    const before = backend.bedrockHeaders().length;
    const { bedrockUrl, environment } = backend;
    expect(await consumer.run('two-copies.mjs', { parameters: [bedrockUrl], environment })).toEqual({
      distinct: true,
      errors: [false, true, true],
      seenByRequired: ['Converse'],
      seenByImported: ['Converse', 'InvokeModel'],
      receipts: ['once', 'still', 'inside', 'openai', 'anthropic'],
      receiptCount: 2,
      left: [],
    });
    expect(
      backend
        .bedrockHeaders()
        .slice(before, before + 3)
        .map((headers) => parseHeaders(headers)),
    ).toEqual([
      { userId: 'once' },
      { userId: 'still' },
      { userId: 'inside', accountName: 'of the required copy', limitIds: ['of-the-imported-copy'] },
    ]);
  });

  it('find out with payi-doctor that a client is well', async () => {
    const { manifest } = publishedPackages.find(({ folder }) => folder === 'doctor') ?? {};
    const bin = join('node_modules', 'payi-doctor', manifest?.bin?.['payi-doctor'] ?? '');
    const { environment } = backend;
    const report = await consumer.run(bin, { parameters: ['registered-client.mjs', '--json'], environment });
    expect(report).toMatchObject({
      healthy: true,
      dryRun: { operation: 'Converse', arrived: { at: 'pay-i', signature: 'valid' } },
    });
  });

  it('name their dependencies by version, as npm understands them', () => {
    for (const { dependencies, peerDependencies } of consumer.manifests) {
      for (const range of Object.values({ ...dependencies, ...peerDependencies })) {
        expect(range).toMatch(/^(?:[\^~]?\d+\.\d+\.\d+|>=\d+\.\d+\.\d+ <\d+)$/);
      }
    }
  });

  it('name what is built into Node.js as other runtimes do, with node:', async () => {
    for (const { manifest } of publishedPackages) {
      const dist = join(consumer.directory, 'node_modules', manifest.name, 'dist');
      for (const file of (await readdir(dist)).filter((name) => /\.c?js$/.test(name))) {
        const code = await readFile(join(dist, file), 'utf8');
        const names = [...code.matchAll(/(?:\bfrom |\brequire\(|\bimport\()['"]([^'"]+)['"]/g)].map(
          ([, name]) => name,
        );
        expect(
          names.filter((name) => name !== undefined && builtinModules.includes(name)),
          file,
        ).toEqual([]);
      }
    }
  });

  it('hold the licence, a README and the sources that the source maps point at, and no tests', async () => {
    for (const { manifest } of publishedPackages) {
      const directory = join(consumer.directory, 'node_modules', manifest.name);
      const files = await readdir(directory, { recursive: true });
      expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', join('src', 'index.ts')]));
      expect(files.filter((file) => /\.test\.|\.test-d\.|__fixtures__|\.examples\./.test(file))).toEqual([]);
      for (const map of files.filter((file) => file.endsWith('.map'))) {
        const { sources, sourcesContent } = JSON.parse(await readFile(join(directory, map), 'utf8')) as {
          sources: string[];
          sourcesContent?: (string | null)[];
        };
        for (const [index, source] of sources.entries()) {
          if (source.startsWith('../src/')) expect(files).toContain(join(map, '..', source));
          // Of a package that is bundled, as the doctor bundles facts of @payi/bedrock.
          else expect(sourcesContent?.[index]).toContain('export');
        }
      }
    }
  });
});
