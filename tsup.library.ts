import type { Options } from 'tsup';
import { requireChunks } from './tsup.require-chunks.ts';

/** How a package is built that has one entry and no special settings. */
export default library();

/**
 * How a package is built.
 *
 * @param lazy - File names of modules that are loaded later. Sizes at start are measured without them.
 * @param entries - File names of the modules that it exports.
 */
export function library(lazy: readonly string[] = [], entries: readonly string[] = ['index']): Options {
  const sourceOf = (name: string): string => `src/${name}.ts`;
  return {
    entry: [...entries, ...lazy].map(sourceOf),
    splitting: true,
    format: ['esm', 'cjs'],
    target: 'es2022',
    dts: { entry: entries.map(sourceOf) },
    plugins: [requireChunks],
    sourcemap: true,
    clean: true,
    treeshake: true,
  };
}
