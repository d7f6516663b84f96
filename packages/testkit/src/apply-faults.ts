import { once } from 'node:events';
import type { AnswerFaults } from './bedrock-answer.ts';

/** Thrown in the place where a scripted fault breaks the connection. */
export class ConnectionDropped extends Error {
  override name = 'ConnectionDropped';
}

/**
 * Passes parts of a body on until a fault strikes. What it leaves out, alters or throws is all that a fault is; sending
 * knows nothing of faults.
 *
 * @param parts - The frames of an event stream, or a whole body as its only part.
 */
export async function* applyFaults(
  parts: AsyncIterable<Uint8Array>,
  faults: AnswerFaults,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const { truncateAfterBytes = Infinity, dropAfterEvents, stallAfterEvents } = faults;
  let bytesLeft = truncateAfterBytes;
  let events = 0;
  const strike = async (): Promise<void> => {
    if (events === dropAfterEvents) throw new ConnectionDropped();
    if (events === stallAfterEvents) await aborted(signal);
  };

  await strike();
  for await (const part of parts) {
    if (part.length > bytesLeft) {
      if (bytesLeft > 0) yield part.subarray(0, bytesLeft);
      return;
    }
    yield part;
    bytesLeft -= part.length;
    events += 1;
    await strike();
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
  throw signal.reason;
}
