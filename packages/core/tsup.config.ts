import { defineConfig } from 'tsup';
import { requireChunks } from '../../tsup.require-chunks.ts';

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    adapter: 'src/adapter.ts',
    calls: 'src/calls.ts',
    context: 'src/context.ts',
    journal: 'src/journal.ts',
    // Loaded with the first event. It has a name so that sizes at start can be measured without it.
    delivery: 'src/delivery/delivery.ts',
    // Loaded with the first request about a batch.
    batches: 'src/http/batch-answers.ts',
    // Loaded on request.
    estimate: 'src/call/output-estimate.ts',
  },
  // One copy of each class for both entries, in CJS too: `instanceof` has to hold between them.
  splitting: true,
  format: ['esm', 'cjs'],
  target: 'es2022',
  // As the sources have it: outside of Node.js, built-in modules are known by `node:` names only.
  removeNodeProtocol: false,
  // Only context.ts and journal.ts use them. That nothing else does is for tsconfig.json to see, which has none.
  dts: {
    entry: ['src/index.ts', 'src/adapter.ts', 'src/calls.ts', 'src/context.ts', 'src/journal.ts'],
    compilerOptions: { types: ['node'] },
  },
  plugins: [requireChunks],
  sourcemap: true,
  clean: true,
  treeshake: true,
});
