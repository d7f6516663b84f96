import { defineConfig } from 'tsup';

export default defineConfig({
  entry: { index: 'src/index.ts', 'non-interference': 'src/non-interference/index.ts' },
  splitting: true,
  format: ['esm', 'cjs'],
  target: 'es2022',
  // As the sources have it: outside of Node.js, built-in modules are known by `node:` names only.
  removeNodeProtocol: false,
  dts: true,
  sourcemap: true,
  clean: true,
  treeshake: true,
});
