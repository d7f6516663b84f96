import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { applyFaults, ConnectionDropped } from './apply-faults.ts';
import type { ServerResponse } from './listen.ts';
import type { RenderedAnswer } from './rendered-answer.ts';

/**
 * Sends an answer no faster than its reader takes it, and stops as soon as the reader is gone.
 *
 * @param onEvent - Called after each frame of an event stream was written.
 * @returns Whether everything was handed to the network.
 */
export async function sendAnswer(
  response: ServerResponse,
  answer: RenderedAnswer,
  onEvent: () => void,
): Promise<'complete' | 'aborted'> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  if (response.destroyed) gone.abort();
  const { signal } = gone;
  const { body, faults } = answer;
  const isStream = typeof body === 'function';
  const parts = applyFaults(isStream ? body(signal) : single(body), faults, signal);
  try {
    if (answer.delayMs > 0) await wait(answer.delayMs, undefined, { signal });
    if (faults.dropAfterEvents === 0) throw new ConnectionDropped();
    response.writeHead(answer.status, {
      ...answer.headers,
      // A body that is to end too early must not say how long it would have been.
      ...(!isStream && faults.truncateAfterBytes === undefined && { 'content-length': body.length }),
    });
    response.flushHeaders();
    for await (const part of parts) {
      signal.throwIfAborted();
      if (!response.write(part)) await once(response, 'drain', { signal });
      if (isStream) onEvent();
    }
    signal.throwIfAborted();
    await end(response, signal);
    return 'complete';
  } catch (error) {
    if (error instanceof ConnectionDropped) response.destroy(error);
    else if (!signal.aborted) throw error;
    return 'aborted';
  }
}

/** Ends the response, and waits until its last byte was handed over or the reader is gone. */
function end(response: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    // The callback and not the event 'finish', which Node's HTTP/2 responses also emit when they were cut off.
    response.end(resolve);
  });
}

async function* single(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body;
}
