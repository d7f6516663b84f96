import { defineConfig } from 'tsup';

const shared = {
  target: 'es2022',
  // As the sources have it: outside of Node.js, built-in modules are known by `node:` names only.
  removeNodeProtocol: false,
  sourcemap: true,
  treeshake: true,
  dts: { entry: 'src/index.ts' },
} as const;

// Two builds into one folder: the script that starts them empties it before. The program is no CommonJS.
export default defineConfig([
  { ...shared, entry: ['src/bin.ts', 'src/index.ts'], format: ['esm'], splitting: true },
  { ...shared, entry: ['src/index.ts'], format: ['cjs'] },
]);
