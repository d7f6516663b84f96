import { gzipSync } from 'node:zlib';
import { contestantsRoot, requireContestant } from './module-copy.ts';
import type { PackageSet } from './packages.ts';

interface Esbuild {
  build(options: object): Promise<{ outputFiles: { contents: Uint8Array }[] }>;
}

/** @returns Bytes of the smallest use, bundled for Node.js, minified and compressed, without the provider's SDK. */
export async function bundleSize({ entry, sdk }: PackageSet): Promise<number> {
  const { build } = requireContestant('esbuild') as Esbuild;
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: contestantsRoot, loader: 'js' },
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    external: sdk === undefined ? [] : [sdk],
    write: false,
    logLevel: 'error',
  });
  return outputFiles.reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0);
}
