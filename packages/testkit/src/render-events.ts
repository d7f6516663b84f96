import { setTimeout as wait } from 'node:timers/promises';
import type { ScriptedEvent } from './bedrock-answer.ts';
import { chunkFrame, encodeFrame, errorFrame, eventFrame, exceptionFrame } from './event-stream-frame.ts';
import type { FrameSource } from './rendered-answer.ts';

/** Encodes scripted events, at the pace of the script. */
export function renderEvents<Event extends { delayMs?: number | undefined }>(
  { events, chunkDelayMs = 0 }: { events: readonly Event[]; chunkDelayMs?: number | undefined },
  encode: (event: Event) => Uint8Array,
): FrameSource {
  return async function* (signal) {
    for (const [index, event] of events.entries()) {
      const delayMs = (event.delayMs ?? 0) + (index > 0 ? chunkDelayMs : 0);
      if (delayMs > 0) await wait(delayMs, undefined, { signal });
      yield encode(event);
    }
  };
}

/** @returns The bytes of a step of a script. */
export function eventBytes(event: ScriptedEvent): Uint8Array {
  if ('bytes' in event) return event.bytes;
  if ('frame' in event) return encodeFrame(event.frame);
  if ('event' in event) return encodeFrame(eventFrame(event.event, event.payload));
  if ('exception' in event) return encodeFrame(exceptionFrame(event.exception, event.payload));
  if ('errorCode' in event) return encodeFrame(errorFrame(event.errorCode, event.message));
  const { chunk } = event;
  return encodeFrame(chunkFrame(chunk instanceof Uint8Array ? chunk : Buffer.from(JSON.stringify(chunk))));
}
