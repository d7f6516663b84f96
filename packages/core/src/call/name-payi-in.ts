import type { ResolvedPayi } from '../settings/resolved-payi.ts';
import { member } from '../usage/json.ts';

/**
 * Says in an error of the network that it came up on the way to Pay-i. The error stays the object that it was, with its
 * code. Errors without a code are the caller's own.
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
    // Consoles print the stack, which begins with the message as it was.
    if (stack?.includes(message)) thrown.stack = stack.replace(message, () => message + note);
  } catch {
    // Frozen.
  }
}
