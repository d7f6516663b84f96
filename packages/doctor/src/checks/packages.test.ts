import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkLoaded, checkPackages } from './packages.ts';

/** A directory with packages, by their paths in it. */
function install(packages: Readonly<Record<string, object>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'payi-doctor-'));
  for (const [path, manifest] of Object.entries(packages)) {
    const at = join(directory, 'node_modules', path);
    mkdirSync(at, { recursive: true });
    const name = path.replace(/^.*node_modules\//, '');
    writeFileSync(join(at, 'package.json'), JSON.stringify({ name, ...manifest }));
  }
  return directory;
}

const bedrock = { version: '1.2.0', peerDependencies: { '@aws-sdk/client-bedrock-runtime': '^3.600.0' } };
const codes = (directory: string): string[] =>
  checkPackages(directory).findings.map(({ level, code }) => `${level} ${code}`);

describe('checkPackages()', () => {
  it('finds what is installed, and whether it is supported', () => {
    const directory = install({
      '@payi/core': { version: '1.2.0' },
      '@payi/bedrock': bedrock,
      '@aws-sdk/client-bedrock-runtime': { version: '3.700.0' },
    });
    const { packages, findings } = checkPackages(directory);
    expect(packages).toMatchObject([
      { name: '@payi/core', version: '1.2.0', directory: 'node_modules/@payi/core' },
      { name: '@payi/bedrock', version: '1.2.0' },
      { name: '@aws-sdk/client-bedrock-runtime', version: '3.700.0', supported: true },
    ]);
    expect(findings).toMatchObject([{ level: 'ok', code: 'PACKAGES' }]);
  });

  it('names the install that helps when an SDK is too old or missing', () => {
    const old = install({
      '@payi/core': { version: '1.2.0' },
      '@payi/bedrock': bedrock,
      '@aws-sdk/client-bedrock-runtime': { version: '3.500.0' },
    });
    expect(checkPackages(old).findings).toMatchObject([
      { code: 'SDK_UNSUPPORTED', fix: 'npm install @aws-sdk/client-bedrock-runtime@"^3.600.0"' },
    ]);
    const missing = install({ '@payi/core': { version: '1.2.0' }, '@payi/bedrock': bedrock });
    expect(codes(missing)).toEqual(['warning SDK_MISSING']);
  });

  it('sees two copies of core, and versions that differ', () => {
    const directory = install({
      '@payi/core': { version: '1.3.0' },
      '@payi/bedrock': bedrock,
      '@payi/bedrock/node_modules/@payi/core': { version: '1.2.0' },
      '@aws-sdk/client-bedrock-runtime': { version: '3.700.0' },
    });
    expect(codes(directory)).toEqual(['warning TWO_CORES', 'warning VERSIONS_DIFFER']);
  });

  it('says so where there is nothing of Pay-i', () => {
    expect(codes(install({}))).toEqual(['warning NO_PACKAGES']);
  });
});

describe('checkLoaded()', () => {
  it('sees copies and formats by the files that a process loaded', () => {
    const directory = install({
      '@payi/core': { version: '1.3.0' },
      'a/node_modules/@payi/core': { version: '1.2.0' },
      openai: { version: '7.0.0' },
    });
    const file = (path: string): string => pathToFileURL(join(directory, 'node_modules', path)).href;
    const esm = file('@payi/core/dist/index.js');
    const codesOf = (files: string[]): string[] => checkLoaded(files).map(({ code }) => code);
    expect(codesOf([esm, file('@payi/core/dist/context.js'), file('openai/index.js')])).toEqual([]);
    expect(codesOf([esm, file('@payi/core/dist/index.cjs')])).toEqual(['TWO_FORMATS']);
    expect(codesOf([esm, file('a/node_modules/@payi/core/dist/index.js')])).toEqual(['TWO_CORES']);
  });
});
