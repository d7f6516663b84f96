import type { ResolvedPayi } from '../settings/resolved-payi.ts';
import { member } from '../usage/json.ts';

/**
 * Adds to the message of a network error that it happened on the way to Pay-i. The error stays the same object with the
 * same code. Errors without a code are the caller's own.
 */
export function namePayiIn(error: unknown, { baseUrl, bypass }: ResolvedPayi): void {
  const remedy = bypass
    ? ''
    : "; createPayi({ onUnavailable: 'direct' }) calls the provider if Pay-i is down";
  const note = ` [on the way to Pay-i at ${baseUrl}${remedy}]`;
  try {
    const thrown = error as Error;
    const { message, stack } = thrown;
    const code = member(error, 'code') ?? member(member(error, 'cause'), 'code');
    if (typeof code !== 'string' || message.endsWith(note)) return;
    thrown.message = message + note;
    // Consoles print the stack, which still has the old message.
    if (stack?.includes(message)) thrown.stack = stack.replace(message, () => message + note);
  } catch {
    // The error is frozen.
  }
}
