import type { Options } from 'tsup';
import { requireChunks } from './tsup.require-chunks.ts';

/** How a package with one entry and nothing of its own is built. */
export default library();

/**
 * How a package is built whose calls need more than its start.
 *
 * @param lazy - Modules that are loaded later, by their file names. Sizes at start are measured without them.
 * @param entries - What it exports.
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
