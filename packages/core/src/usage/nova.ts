import { readConverse, readConverseEvent } from './converse.ts';
import type { Reading } from './reading.ts';

/**
 * Reads the InvokeModel body of Amazon Nova, which is worded as that of Converse; only the cache counters have other
 * names, `cacheReadInputTokenCount` and `cacheWriteInputTokenCount`.
 *
 * @see https://docs.aws.amazon.com/nova/latest/userguide/using-invoke-api.html
 */
export function readNova(body: unknown): Reading {
  return readConverse(body);
}

/** Reads one chunk of a streamed Nova answer: worded as an event of ConverseStream. */
export function readNovaChunk(chunk: unknown): Reading {
  return readConverseEvent(chunk);
}
