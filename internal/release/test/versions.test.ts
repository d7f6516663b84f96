import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { publishedPackages, root } from '../src/published-packages.ts';

const page = readFileSync(join(root, 'docs/versions.md'), 'utf8');
/** Cells of the rows that begin with a package, without the marks of code. */
const rows = [...page.matchAll(/^\| `(@payi\/[^`]+)` .*$/gm)].map(([line]) =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll('`', '')),
);
const devDependencies = (folder: string): Record<string, string> =>
  JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')).devDependencies;
/** What the suite runs with; the `fetch` of an adapter alone also with an older SDK. */
const tested = {
  ...devDependencies('packages/anthropic'),
  ...devDependencies('packages/budgets'),
  ...devDependencies('internal/conformance'),
};
const workspace = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8');

/** The version that a run of the conformance suite has of an SDK. */
function version(name: string): string | undefined {
  const range = tested[name]?.replace(/^npm:.*@/, '');
  if (range !== 'catalog:') return range;
  return workspace
    .split('\n')
    .find((line) => line.trim().startsWith(`"${name}":`))
    ?.split(': ')[1];
}

describe('docs/versions.md', () => {
  it('has the provider SDKs, their ranges and what the suite runs with, as the packages have them', () => {
    const adapters = publishedPackages.filter(({ folder }) => folder !== 'testkit');
    const expected = adapters.flatMap(({ manifest }) =>
      Object.entries(manifest.peerDependencies ?? {}).map(([sdk, range]) => [
        manifest.name,
        sdk,
        range,
        version(`${sdk}-by-fetch`) ?? version(`${sdk}-oldest`),
        version(sdk),
      ]),
    );
    expect(expected.length).toBeGreaterThan(2);
    expect(rows.toSorted()).toEqual(expected.toSorted());
  });

  it('has the oldest AWS SDK of the testkit and the oldest companion of the Anthropic SDK', () => {
    const range = publishedPackages.find(({ folder }) => folder === 'testkit')?.manifest.peerDependencies;
    expect(range).toEqual({
      '@aws-sdk/client-bedrock-runtime': `^${version('@aws-sdk/client-bedrock-runtime-oldest')}`,
    });
    expect(page).toContain(`companion ${version('@anthropic-ai/bedrock-sdk-oldest')} on`);
    expect(page).toContain(`\`@anthropic-ai/sdk\` ${version('@anthropic-ai/sdk-oldest')} is the first that`);
  });

  it('asks for no provider SDK where a `fetch` will do', () => {
    // The plugin for OpenTelemetry is useless without its API.
    for (const { manifest } of publishedPackages.filter(({ folder }) => folder !== 'otel')) {
      for (const sdk of Object.keys(manifest.peerDependencies ?? {})) {
        expect(manifest.peerDependenciesMeta?.[sdk]).toEqual({ optional: true });
      }
    }
  });

  it('has each oldest version at the lower end of its range', () => {
    for (const [, , range, oldest] of rows) expect(range).toMatch(new RegExp(`^(?:\\^|>=)${oldest}(?: |$)`));
  });

  it('has the Node.js versions that the packages ask for and the suite runs under', () => {
    const manifest = (path: string) => JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8'));
    const newest = manifest('.').devDependencies.node.split('.')[0];
    const oldest = manifest('internal/node-22').devDependencies.node.split('.')[0];
    expect(page).toMatch(new RegExp(`^\\| Node\\.js +\\| ${oldest} and ${newest},`, 'm'));
    for (const { manifest: published } of publishedPackages) {
      expect(published).toMatchObject({ engines: { node: `>=${oldest}` } });
    }
  });

  it('has the TypeScript versions that the packed packages are checked with', () => {
    const { devDependencies } = JSON.parse(
      readFileSync(join(root, 'internal/packed/package.json'), 'utf8'),
    ) as { devDependencies: Record<string, string> };
    const compilers = Object.keys(devDependencies)
      .filter((name) => name.startsWith('typescript-'))
      .map((name) => name.split('-')[1]);
    expect(compilers).toEqual(['5.9', '7.0']);
    expect(page).toMatch(/^\| TypeScript +\| 5\.9, 6\.0 and 7\.0,/m);
    expect(workspace).toMatch(/^ {2}typescript: 6\.0\./m);
  });

  it('says of what is deprecated that it is', () => {
    const reports = publishedPackages.flatMap(({ directory, entries }) =>
      entries.map(({ file }) => readFileSync(join(directory, 'api', `${file}.api.md`), 'utf8')),
    );
    const isSomething = reports.some((report) => report.includes('@deprecated'));
    expect(page.includes('Nothing is deprecated at present.')).toBe(!isSomething);
  });
});
