import { defineConfig } from 'tsup';

export default defineConfig({
  entry: { index: 'src/index.ts', 'non-interference': 'src/non-interference/index.ts' },
  splitting: true,
  format: ['esm', 'cjs'],
  target: 'es2022',
  dts: true,
  sourcemap: true,
  clean: true,
  treeshake: true,
});
