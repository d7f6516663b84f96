import { decodeText } from '@payi/core/adapter';
import {
  type EventFrame,
  type EventReader,
  familyOf,
  frameHeader,
  framePayload,
  frameReader,
  type Observation,
  parseJson,
  type Reading,
  readBedrockChunk,
  readConverseEvent,
} from '@payi/core/calls';

/** The beginning of nearly every event of a Claude stream: a piece of content, without counts. */
const textDelta = new TextEncoder().encode('{"type":"content_block_delta"');

/** Matches chunks that may have a count, an end, a tool or Pay-i's result. A match by chance costs one parse. */
const worthReading = /usage|metrics|count|stop|finish|tool|guardrail|proxy_result/i;

type ReadEvent = (event: unknown) => Reading | undefined;

/** A call whose answer has begun, whether the AWS SDK sent it or a `fetch`. */
export interface AnsweredCall {
  readonly operation: string;
  readonly observation: Observation;
  /** Names in lower case. */
  readonly responseHeaders: Readonly<Record<string, string>>;
  /** Defined if the call goes through Pay-i's proxy. */
  readonly proxy: unknown;
}

/** How the events of a call are read: the SDK has parsed those of ConverseStream. */
export function eventReader(call: AnsweredCall, served: Reading): ReadEvent {
  const { content, estimate } = call.observation;
  const read = servedAs(served, call.operation === 'ConverseStream' ? readConverseEvent : chunkReader(call));
  if ((content ?? estimate) === undefined) return read;
  return (event) => {
    const piece = bytesOf(event) ?? event;
    content?.piece(piece);
    estimate?.piece(piece);
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
function chunkReader({ observation, proxy }: AnsweredCall): ReadEvent {
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

/**
 * Reads the frames of a stream that nobody has parsed.
 *
 * @param begun - Returns the call, once its answer has begun.
 */
export function frameEvents(begun: () => AnsweredCall, served: () => Reading): EventReader {
  let read: ReadEvent | undefined;
  return {
    relevant: worthReading,
    split: frameReader,
    read(event) {
      const frame = event as EventFrame;
      const failure = frameHeader(frame, ':exception-type') ?? frameHeader(frame, ':error-code');
      if (failure !== undefined) {
        // The SDK's name of the error.
        const name = failure.charAt(0).toUpperCase() + failure.slice(1);
        return { hasFailed: true, properties: { 'system.failure': name } };
      }
      const call = begun();
      const { observation } = call;
      read ??= eventReader(call, served());
      const type = frameHeader(frame, ':event-type') ?? '';
      const isSkipped =
        type === 'contentBlockDelta' &&
        (observation.content ?? observation.estimate) === undefined &&
        observation.timeToFirstTokenIsKnown;
      if (isSkipped) return undefined;
      const payload = Object(parseJson(decodeText(framePayload(frame)))) as { readonly bytes?: unknown };
      if (call.operation === 'ConverseStream') {
        if (call.proxy !== undefined) observation.readResult(payload);
        return read({ [type]: payload });
      }
      return typeof payload.bytes === 'string'
        ? read({ chunk: { bytes: fromBase64(payload.bytes) } })
        : undefined;
    },
  };
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
