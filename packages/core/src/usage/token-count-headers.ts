import { type Reading, toReading } from './reading.ts';
import { tokenUnits } from './units.ts';

/**
 * Reads the counts that Bedrock puts in the headers of InvokeModel answers, for models behind an inference profile too.
 *
 * They know the sum of cache writes, not their lifetimes; the input excludes what a cache gave or took. AWS's reference
 * of InvokeModel does not list these headers: the names `…-input-token-count`, `…-output-token-count`,
 * `…-cache-read-input-token-count` and `…-cache-write-input-token-count` are those of recorded answers. The cache
 * counts are read without `-input` as well, which no recorded answer has.
 *
 * @param headers - Keys in lower case.
 */
export function readTokenCountHeaders(headers: Readonly<Record<string, unknown>>): Reading {
  return toReading({
    units: tokenUnits(
      decimal(headers['x-amzn-bedrock-input-token-count']),
      decimal(headers['x-amzn-bedrock-output-token-count']),
      decimal(
        headers['x-amzn-bedrock-cache-read-input-token-count'] ??
          headers['x-amzn-bedrock-cache-read-token-count'],
      ),
      decimal(
        headers['x-amzn-bedrock-cache-write-input-token-count'] ??
          headers['x-amzn-bedrock-cache-write-token-count'],
      ),
    ),
  });
}

function decimal(value: unknown): number | undefined {
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : undefined;
}
