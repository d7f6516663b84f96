/** Runs a contestant so many times in a row. @returns One figure per run of it. */
export type Measure = (run: () => Promise<unknown>, times: number) => Promise<number>;

async function repeat(times: number, run: () => Promise<unknown>): Promise<void> {
  for (let index = 0; index < times; index += 1) await run();
}

/** `process.cpuUsage()` of the whole process, garbage collection and compilation included. */
export const microsecondsPerCall: Measure = async (run, times) => {
  const before = process.cpuUsage();
  await repeat(times, run);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / times;
};

/**
 * Growth of heap and external memory over a round in which the collector has no reason to run: the young generation is
 * larger than what the round allocates (see `memoryFlags`), and is emptied before. Nothing is freed in between, so growth
 * is allocation.
 */
export const bytesPerCall: Measure = async (run, times) => {
  globalThis.gc?.();
  const before = process.memoryUsage();
  await repeat(times, run);
  const after = process.memoryUsage();
  return (after.heapUsed + after.external - before.heapUsed - before.external) / times;
};
