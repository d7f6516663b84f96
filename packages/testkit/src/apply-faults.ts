import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import type { AnswerFaults, AnswerOptions } from './bedrock-answer.ts';
import { corruptMessage, corruptPrelude } from './corrupt-frame.ts';

/** Thrown where a scripted fault breaks the connection. */
export class ConnectionDropped extends Error {
  override name = 'ConnectionDropped';
}

/** Bytes to write at once. */
export interface Piece {
  bytes: Uint8Array;
  /** Whether these are the last bytes of an event. */
  endsEvent: boolean;
}

/**
 * Passes the parts of a body on, at the pace of the script, until a fault strikes. Faults are implemented here alone:
 * the code that sends the pieces does not know them.
 *
 * @param parts - The frames of an event stream, or a whole body as its only part.
 */
export async function* applyFaults(
  parts: AsyncIterable<Uint8Array>,
  { faults, pace }: { faults: AnswerFaults; pace?: AnswerOptions['pace'] },
  signal: AbortSignal,
): AsyncGenerator<Piece> {
  const { truncateAfterBytes, dropAfterEvents, stallAfterEvents } = faults;
  let offset = 0;
  let events = 0;
  const strike = async (): Promise<void> => {
    if (events === dropAfterEvents || offset === faults.dropAfterBytes) throw new ConnectionDropped();
    if (events === stallAfterEvents || offset === faults.stallAfterBytes) await stall(faults.stallMs, signal);
  };

  await release(pace?.(0), signal);
  await strike();
  for await (const part of parts) {
    const bytes = corrupt(part, events, faults);
    let sent = 0;
    while (sent < bytes.length) {
      if (offset === truncateAfterBytes) return;
      const length = Math.min(
        bytes.length - sent,
        faults.pieceBytes ?? Infinity,
        bytesToNextFault(offset, faults),
      );
      if (faults.pieceDelayMs !== undefined && offset > 0)
        await wait(faults.pieceDelayMs, undefined, { signal });
      const endsEvent = sent + length === bytes.length;
      yield { bytes: bytes.subarray(sent, sent + length), endsEvent };
      sent += length;
      offset += length;
      if (endsEvent) {
        events += 1;
        await release(pace?.(events), signal);
      }
      await strike();
    }
    // An empty body writes nothing, but counts as an event.
    if (bytes.length === 0) {
      events += 1;
      await release(pace?.(events), signal);
      await strike();
    }
  }
}

/** Waits for the script, or until the signal is aborted, which rejects. */
async function release(held: Promise<unknown> | undefined, signal: AbortSignal): Promise<void> {
  if (held === undefined) return;
  signal.throwIfAborted();
  const released = new AbortController();
  await Promise.race([held, once(signal, 'abort', { signal: released.signal })]);
  released.abort();
  signal.throwIfAborted();
}

function bytesToNextFault(offset: number, faults: AnswerFaults): number {
  const offsets = [faults.truncateAfterBytes, faults.dropAfterBytes, faults.stallAfterBytes];
  return Math.min(...offsets.map((at) => (at !== undefined && at > offset ? at - offset : Infinity)));
}

function corrupt(frame: Uint8Array, index: number, faults: AnswerFaults): Uint8Array {
  if (index === faults.corruptPreludeOfFrame) return corruptPrelude(frame);
  if (index === faults.corruptMessageOfFrame) return corruptMessage(frame);
  return frame;
}

/** Waits for `stallMs`, or without a limit. An abort of the signal rejects. */
async function stall(stallMs: number | undefined, signal: AbortSignal): Promise<void> {
  if (stallMs !== undefined) {
    await wait(stallMs, undefined, { signal });
    return;
  }
  if (!signal.aborted) await once(signal, 'abort');
  throw signal.reason;
}
