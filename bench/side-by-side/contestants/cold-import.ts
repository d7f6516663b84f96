/**
 * Imports packages as the first thing of a process, and prints what that took as JSON.
 *
 *     node --expose-gc cold-import.ts '["imported before, not measured"]' '["measured"]'
 */
const [before, measured] = process.argv.slice(2).map((list) => JSON.parse(list) as string[]);

for (const name of before ?? []) await import(name);
const memory = await used();
const startedAt = performance.now();
for (const name of measured ?? []) await import(name);
const milliseconds = performance.now() - startedAt;
process.stdout.write(JSON.stringify({ milliseconds, bytes: (await used()) - memory }));

async function used(): Promise<number> {
  // What the first collection finds dead, the next ones free.
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

export {};
