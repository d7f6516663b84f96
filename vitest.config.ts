import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type Reporter, type TestSpecification } from 'vitest/node';

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Names the tests that did not pass at once: each is a fault to look for, in the test or in what it tests. */
const passedWhenRunAgain: Reporter = {
  onTestRunEnd(modules) {
    for (const { relativeModuleId, children } of modules) {
      for (const test of children.allTests('passed')) {
        if (!test.diagnostic()?.flaky) continue;
        console.log(`Passed when run again: ${relativeModuleId} > ${test.fullName}`);
        // Whole: the seed of a random test is in it.
        for (const { message } of test.result().errors ?? []) console.log(message.replaceAll(/^/gm, '  '));
      }
    }
  },
};

/** What takes longest of all, in short files. */
const longest =
  /\/(?:(?:check-)?non-interference|run-blocks|shell-blocks|api-reports|types|bundling|compile-blocks|context-soak)\.test\.ts$/;

/**
 * Begins with what takes longest, so that no processor idles at the end: without figures of an earlier run, as in CI, the
 * runner goes by the sizes of files.
 */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => Number(!longest.test(moduleId));
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}

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
        find: /^@payi\/(core|bedrock|openai|anthropic|testkit)$/,
        replacement: source('packages/$1/src/index.ts'),
      },
    ],
  },
  test: {
    include: ['{packages,internal,examples}/*/{src,test}/**/*.test.ts', '{packages,examples}/*/*.test.ts'],
    // Receipts of dropped streams come with garbage collection, which tests must be able to bring about.
    execArgv: ['--expose-gc'],
    // Most tests wait for servers rather than compute: on two processors the default of one worker would idle.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    sequence: { sequencer: LongestFirst },
    // Machines of CI stop for seconds at times, which real timers and sockets do not forgive.
    retry: process.env.CI === undefined ? 0 : 1,
    reporters: ['default', passedWhenRunAgain],
    // For what never ends. A busy machine, or one that stands still for seconds, must not look like it.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000, interval: 10 } },
  },
});
