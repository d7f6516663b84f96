import { type AnswerReader, readAnthropicMessage, withFailure } from '@payi/core/calls';
import type { CallOptions } from './client.ts';
import { messageEvents, proxiedMessageEvents } from './events.ts';

/** Pay-i's name of what is metered: `create()` and `stream()`, beta or not. */
export const operation = 'messages';

/** Whether a request asks for the answer of a model. Batches, token counts and models do not. */
export function isMessageCall({ method, path }: CallOptions): boolean {
  return (
    path.startsWith('/v1/messages') &&
    (path.length === 12 || path[12] === '?') &&
    method.toLowerCase() === 'post'
  );
}

/** Submissions of batches, and requests for their results. */
export const batchUrl: RegExp = /^([^?]*)\/messages\/batches(?:\/([^/?]+)\/results)?(?:\?|$)/;

/** How the answers of the calls of one client are read, with and without `stream: true`. */
export function messageReaders(isProxied: boolean): Readonly<Record<'whole' | 'stream', AnswerReader>> {
  const events = isProxied ? proxiedMessageEvents : messageEvents;
  const readBody: AnswerReader['readBody'] = ({ value }) => withFailure(readAnthropicMessage(value), value);
  return { whole: { isStream: false, readBody, events }, stream: { isStream: true, readBody, events } };
}
