import {
  decodeText,
  familyOf,
  parseJson,
  type Reading,
  readBedrockChunk,
  readConverseEvent,
} from '@payi/core/adapter';
import type { Call } from './call.ts';

/** The beginning of nearly every event of a Claude stream: a piece of content, without counts. */
const textDelta = new TextEncoder().encode('{"type":"content_block_delta"');

/** Matches chunks that may have a count, an end, a tool or Pay-i's result. A match by chance costs one parse. */
const worthReading = /usage|metrics|count|stop|finish|tool|guardrail|proxy_result/i;

type ReadEvent = (event: unknown) => Reading | undefined;

/** How the events of a call are read: the SDK has parsed those of ConverseStream. */
export function eventReader(call: Call, served: Reading): ReadEvent {
  const { content } = call.observation;
  const read = servedAs(served, call.operation === 'ConverseStream' ? readConverseEvent : chunkReader(call));
  if (content === undefined) return read;
  return (event) => {
    content.piece(bytesOf(event) ?? event);
    return read(event);
  };
}

/** The headers know better than Claude, which names its maker's tiers. */
function servedAs({ serviceTier }: Reading, read: ReadEvent): ReadEvent {
  if (serviceTier === undefined) return read;
  return (event) => {
    const reading = read(event);
    return reading?.serviceTier ? { ...reading, serviceTier } : reading;
  };
}

function bytesOf(event: unknown): Uint8Array | undefined {
  const bytes = (event as { chunk?: { bytes?: unknown } } | undefined)?.chunk?.bytes;
  return bytes instanceof Uint8Array ? bytes : undefined;
}

/** Reads chunks of a stream of InvokeModel, in one direction or both: bytes of JSON, most of which need no decoding. */
function chunkReader({ observation, proxy }: Call): ReadEvent {
  const family = familyOf(observation.call.resource);
  const isProxied = proxy !== undefined;
  return (event) => {
    const bytes = bytesOf(event);
    if (bytes === undefined) return undefined;
    const hasBegun = observation.timeToFirstTokenIsKnown;
    if (hasBegun && !isProxied && startsWith(bytes, textDelta)) return undefined;
    const text = decodeText(bytes);
    if (hasBegun && !worthReading.test(text)) return undefined;
    const chunk = parseJson(text);
    if (isProxied) observation.readResult(chunk);
    return readBedrockChunk(chunk, family);
  };
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  for (let index = 0; index < prefix.length; index += 1) {
    if (bytes[index] !== prefix[index]) return false;
  }
  return true;
}
