import { type EventReader, readAnthropicEvent, type ServerEventReading } from '@payi/core/adapter';
import type { Call } from './call.ts';

/** All event types but the pieces of the answer, and what a tool, an error or Pay-i's result is called. */
const worthReading = /message_|tool_use|error|proxy_result/;

/** Reads the events of a streamed message. */
export function eventReader({ registration }: Call): EventReader {
  return {
    worthReading,
    // Pay-i is on record to put its result into `message_delta`. An event of its own would reach the caller's loop.
    mayHide: registration.payi.route === 'proxy',
    read(event, name) {
      const type = (event as { type?: unknown } | null)?.type ?? name;
      if (type === 'error') return readError(event);
      if (type === 'xproxy_result' || type === 'proxy_result') return { isHidden: true };
      return readAnthropicEvent(event);
    },
  };
}

/** `{ type: 'error', error: { type: 'overloaded_error', message: '…' } }`. Its type alone: a message may quote the prompt. */
function readError(event: unknown): ServerEventReading {
  const type = (event as { error?: { type?: unknown } | null } | null)?.error?.type;
  return { hasFailed: true, properties: { 'system.failure': typeof type === 'string' ? type : 'error' } };
}
