import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as bedrock from '@payi/bedrock';
import * as core from '@payi/core';
import * as adapter from '@payi/core/adapter';
import * as context from '@payi/core/context';
import * as journal from '@payi/core/journal';
import * as testkit from '@payi/testkit';
import * as nonInterference from '@payi/testkit/non-interference';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Consumer, createConsumer, publishedPackages } from './consumer.ts';

/** What each entry exports according to its sources. */
const sources: Record<string, object> = {
  '@payi/core': core,
  '@payi/core/adapter': adapter,
  '@payi/core/context': context,
  '@payi/core/journal': journal,
  '@payi/bedrock': bedrock,
  '@payi/testkit': testkit,
  '@payi/testkit/non-interference': nonInterference,
};

describe('the packed packages', () => {
  let consumer: Consumer;
  beforeAll(async () => {
    consumer = await createConsumer();
  }, 60_000);
  afterAll(() => consumer?.remove());

  it('give the same names to import and to require, each from a file of its own kind', async () => {
    const entries = consumer.manifests.flatMap(({ name, exports }) =>
      Object.keys(exports)
        .filter((subpath) => subpath !== './package.json')
        .map((subpath) => name + subpath.slice(1)),
    );
    expect(entries).toEqual(Object.keys(sources));
    const expected = Object.entries(sources).map(([entry, source]) => {
      const names = Object.keys(source).sort();
      const file = entry.split('/')[2] ?? 'index';
      return [entry, { imported: { file: `${file}.js`, names }, required: { file: `${file}.cjs`, names } }];
    });
    expect(await consumer.run('export-names.mjs', ...entries)).toEqual(Object.fromEntries(expected));
  });

  it('know each other when both the ESM and the CJS copy are loaded', async () => {
    expect(await consumer.run('two-copies.mjs')).toEqual({
      distinct: true,
      errors: [false, true, true],
      seenByRequired: ['InvokeModel'],
      seenByImported: ['InvokeModel', 'Converse'],
      sent: [
        ['once', {}],
        ['still', {}],
        ['inside', { accountName: 'of the required copy', limitIds: ['of-the-imported-copy'] }],
      ],
      left: [],
    });
  });

  it('name their dependencies by version, as npm understands them', () => {
    for (const { dependencies, peerDependencies } of consumer.manifests) {
      for (const range of Object.values({ ...dependencies, ...peerDependencies })) {
        expect(range).toMatch(/^[\^~]?\d+\.\d+\.\d+$/);
      }
    }
  });

  it('hold the licence, a README and the sources that the source maps point at, and no tests', async () => {
    for (const name of publishedPackages) {
      const directory = join(consumer.directory, 'node_modules/@payi', name);
      const files = await readdir(directory, { recursive: true });
      expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', join('src', 'index.ts')]));
      expect(files.filter((file) => /\.test\.|\.test-d\.|__fixtures__|\.examples\./.test(file))).toEqual([]);
    }
  });
});
