import { defineConfig } from 'tsup';

const shared = {
  target: 'es2023',
  // As the sources have it: outside of Node.js, built-in modules are known by `node:` names only.
  removeNodeProtocol: false,
  sourcemap: true,
  treeshake: true,
} as const;

// Two builds into one folder: the script that starts them empties it before.
export default defineConfig([
  {
    ...shared,
    entry: {
      bin: 'src/bin.ts',
      // Started by path in the process that imports the client's module.
      'confine-process': 'src/inside/confine-process.ts',
      'examine-module': 'src/inside/examine-module.ts',
    },
    splitting: true,
    format: ['esm'],
  },
  // Types of what `--json` prints; nothing to run.
  { ...shared, entry: ['src/index.ts'], format: ['esm', 'cjs'], dts: true },
]);
