import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import type { ScriptedEvent, StreamPace } from './bedrock-answer.ts';
import { chunkFrame, encodeFrame, errorFrame, eventFrame, exceptionFrame } from './event-stream-frame.ts';
import type { FrameSource } from './rendered-answer.ts';

/** Encodes scripted events, at the pace of the script. */
export function renderEvents<Event extends { delayMs?: number | undefined }>(
  { events, chunkDelayMs = 0, pace }: StreamPace & { events: readonly Event[] },
  encode: (event: Event) => Uint8Array,
): FrameSource {
  return async function* (signal) {
    for (const [index, event] of events.entries()) {
      await released(pace?.(index), signal);
      const delayMs = (event.delayMs ?? 0) + (index > 0 ? chunkDelayMs : 0);
      if (delayMs > 0) await wait(delayMs, undefined, { signal });
      yield encode(event);
    }
    await released(pace?.(events.length), signal);
  };
}

/** Waits for the script, or until the reader has disconnected. */
async function released(promise: Promise<unknown> | undefined, signal: AbortSignal): Promise<void> {
  if (promise === undefined) return;
  signal.throwIfAborted();
  const done = new AbortController();
  try {
    await Promise.race([promise, once(signal, 'abort', { signal: done.signal })]);
  } finally {
    done.abort();
  }
  signal.throwIfAborted();
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
