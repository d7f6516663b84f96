import { type Reading, toReading } from './reading.ts';
import { tokenUnits } from './units.ts';

const prefix = 'x-amzn-bedrock-';

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
  const header = (name: string): number | undefined => {
    const value = headers[`${prefix}${name}-token-count`];
    return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : undefined;
  };
  return toReading({
    units: tokenUnits(
      header('input'),
      header('output'),
      header('cache-read-input') ?? header('cache-read'),
      header('cache-write-input') ?? header('cache-write'),
    ),
  });
}
