import { record } from './json.ts';
import { nothing, type Reading, toReading } from './reading.ts';
import { tokenUnits } from './units.ts';

/** The member that Bedrock adds to the last chunk of InvokeModelWithResponseStream, whatever the model. */
export const invocationMetricsMember = 'amazon-bedrock-invocationMetrics';

/**
 * Reads the counts with which Bedrock closes a stream. They know the sum of cache writes, not their lifetimes.
 *
 * AWS documents the member without a reference of its own; the four names are those of recorded answers, and of
 * Bedrock's invocation logs.
 */
export function readInvocationMetrics(chunk: unknown): Reading {
  const metrics = record(chunk)[invocationMetricsMember];
  if (metrics === undefined) return nothing;
  const { inputTokenCount, outputTokenCount, cacheReadInputTokenCount, cacheWriteInputTokenCount } =
    record(metrics);
  return toReading({
    units: tokenUnits(inputTokenCount, outputTokenCount, cacheReadInputTokenCount, cacheWriteInputTokenCount),
    isLast: true,
  });
}
