import { defineConfig } from 'tsup';

const shared = {
  target: 'es2022',
  // As the sources have it: outside of Node.js, built-in modules are known by `node:` names only.
  removeNodeProtocol: false,
  sourcemap: true,
  treeshake: true,
} as const;

// Two builds into one folder: the script that starts them empties it before.
export default defineConfig([
  { ...shared, entry: ['src/bin.ts'], format: ['esm'] },
  { ...shared, entry: ['src/index.ts'], format: ['esm', 'cjs'], dts: true },
]);
