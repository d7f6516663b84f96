import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    // Tests read the sources, so a failing line is a line somebody wrote; what is built is tested from tarballs.
    alias: [
      { find: /^@payi\/(core|bedrock)\/(\w+)$/, replacement: source('packages/$1/src/$2.ts') },
      {
        find: '@payi/testkit/non-interference',
        replacement: source('packages/testkit/src/non-interference/index.ts'),
      },
      {
        find: /^@payi\/(core|bedrock|openai|anthropic|management|otel|budgets|testkit)$/,
        replacement: source('packages/$1/src/index.ts'),
      },
      { find: /^payi-report$/, replacement: source('packages/report/src/index.ts') },
    ],
  },
  test: {
    include: ['{packages,internal,examples}/*/{src,test}/**/*.test.ts', '{packages,examples}/*/*.test.ts'],
    // Receipts of dropped streams come with garbage collection, which tests must be able to bring about.
    execArgv: ['--expose-gc'],
    // Most tests wait for servers rather than compute: on two processors the default of one worker would idle.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    // For what never ends. A busy machine, or one that stands still for seconds, must not look like it.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 30_000, interval: 10 } },
  },
});
