import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CodeBlock } from './code-blocks.ts';
import { root } from './pages.ts';

/** Where the frameworks are installed that are too heavy for the workspace. */
export const recipesDirectory: string = join(root, 'internal/frameworks/recipes');

const installedHere = dependenciesOf(join(root, 'internal/docs'));
const installedThere = dependenciesOf(recipesDirectory);

/**
 * Whether a block imports a package that only `internal/frameworks/recipes` has. It compiles and runs there, by the root
 * script `test:recipes`. A block that imports a package that neither has stays here, where it fails.
 */
export function isRecipe({ source }: CodeBlock): boolean {
  return [...source.matchAll(/(?:\bfrom|^import) '((?:@[\w.-]+\/)?[\w.-]+)/gm)].some(
    ([, name = '']) => !installedHere.has(name) && installedThere.has(name),
  );
}

function dependenciesOf(directory: string): Set<string> {
  const manifest = readFileSync(join(directory, 'package.json'), 'utf8');
  const { dependencies, devDependencies } = JSON.parse(manifest) as Record<string, object | undefined>;
  return new Set(Object.keys({ ...dependencies, ...devDependencies }));
}
