import { setTimeout as wait } from 'node:timers/promises';
import { applyFaults, ConnectionDropped } from './apply-faults.ts';
import type { ServerResponse } from './listen.ts';
import type { RenderedAnswer } from './rendered-answer.ts';

/**
 * How long a scripted break of the connection waits for the reader to take in what came before it: several short times,
 * so that a reader in this process has its turns also when the whole process stood still.
 */
const graceMs = [5, 5, 5, 5, 5];

/**
 * Aborts when a response is closed, by its caller or because it is finished. To be called as soon as the response is
 * there: the event is not repeated for those who come late.
 */
export function watchForClose(response: ServerResponse): AbortController {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return gone;
}

/**
 * Sends an answer no faster than its reader takes it, and stops as soon as the reader is gone.
 *
 * @param gone - Aborted when nobody listens any more, see {@link watchForClose}.
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
  const parts = applyFaults(isStream ? body(signal) : single(body), faults, signal);
  try {
    signal.throwIfAborted();
    if (answer.delayMs > 0) await wait(answer.delayMs, undefined, { signal });
    if (faults.dropAfterEvents === 0) throw new ConnectionDropped();
    response.writeHead(answer.status, {
      ...answer.headers,
      // A body that is to end too early must not say how long it would have been.
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
    // What cannot be sent at all, e.g. a header with a line break, is the script's mistake: the caller is told.
    if (!isDrop && !signal.aborted && !response.headersSent) throw error;
    // A client that learns of the break first throws away what it has not read yet.
    if (isDrop) for (const ms of graceMs) await wait(ms);
    if (isDrop && faults.dropScope === 'connection') response.stream?.session?.destroy();
    response.destroy(error as Error);
    return 'aborted';
  }
}

/**
 * Waits until a write was handed over to the operating system, or the reader is gone. The callback and not the event
 * 'drain' or 'finish': what was handed over survives a broken connection, and Node's HTTP/2 responses emit 'finish'
 * also when they were cut off.
 */
function settle(gone: AbortController, write: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(gone.signal.reason);
    gone.signal.addEventListener('abort', onAbort, { once: true });
    write((error) => {
      // A write may fail before the response is found to be closed.
      if (error) gone.abort(error);
      gone.signal.removeEventListener('abort', onAbort);
      resolve();
    });
  });
}

async function* single(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body;
}
