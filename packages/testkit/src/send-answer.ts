import { setTimeout as wait } from 'node:timers/promises';
import { applyFaults, ConnectionDropped } from './apply-faults.ts';
import type { ServerResponse } from './listen.ts';
import type { RenderedAnswer } from './rendered-answer.ts';

/**
 * Delays before a scripted break of the connection, in which the reader consumes the earlier events. Several short
 * delays give a reader in this process its turns, even after the whole process was suspended.
 */
const graceMs = [5, 5, 5, 5, 5];

/**
 * @returns A controller that aborts when the response is closed: by the caller, or because it is finished. Call this
 *   before anything asynchronous, because 'close' is emitted only once.
 */
export function watchForClose(response: ServerResponse): AbortController {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return gone;
}

/**
 * Sends an answer no faster than its reader consumes it, and stops when the reader disconnects.
 *
 * @param gone - Aborted when the reader has disconnected, see {@link watchForClose}.
 * @param onEvent - Called after each frame of an event stream was written.
 * @returns Whether everything was handed to the network.
 */
export async function sendAnswer(
  response: ServerResponse,
  answer: RenderedAnswer,
  gone: AbortController,
  onEvent: () => void,
): Promise<'complete' | 'aborted'> {
  const { signal } = gone;
  const { body, faults } = answer;
  const isStream = typeof body === 'function';
  const parts = applyFaults(isStream ? body(signal) : single(body), answer, signal);
  try {
    signal.throwIfAborted();
    if (answer.delayMs > 0) await wait(answer.delayMs, undefined, { signal });
    if (faults.dropAfterEvents === 0) throw new ConnectionDropped();
    response.writeHead(answer.status, {
      ...answer.headers,
      // A truncated body must not state its full length.
      ...(!isStream && faults.truncateAfterBytes === undefined && { 'content-length': body.length }),
    });
    if (isStream) response.flushHeaders();
    for await (const { bytes, endsEvent } of parts) {
      signal.throwIfAborted();
      await settle(gone, (done) => response.write(bytes, done));
      if (isStream && endsEvent) onEvent();
    }
    signal.throwIfAborted();
    await settle(gone, (done) => response.end(done));
    return 'complete';
  } catch (error) {
    const isDrop = error instanceof ConnectionDropped;
    // An answer that cannot be sent, e.g. with a line break in a header, is a fault of the script: the caller sees
    // it.
    if (!isDrop && !signal.aborted && !response.headersSent) throw error;
    // A client that notices the break discards what it has not read.
    if (isDrop) for (const ms of graceMs) await wait(ms);
    if (isDrop && faults.dropScope === 'connection') response.stream?.session?.destroy();
    response.destroy(error as Error);
    return 'aborted';
  }
}

/**
 * Waits until a write was handed to the operating system, or until the reader disconnects. The events 'drain' and
 * 'finish' would not do: bytes that were handed over survive a broken connection, and Node's HTTP/2 responses emit
 * 'finish' even if they were cut off.
 */
function settle(gone: AbortController, write: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(gone.signal.reason);
    gone.signal.addEventListener('abort', onAbort, { once: true });
    write((error) => {
      // A write can fail before 'close' is emitted.
      if (error) gone.abort(error);
      gone.signal.removeEventListener('abort', onAbort);
      resolve();
    });
  });
}

async function* single(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body;
}
