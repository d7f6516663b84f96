import { addressHint, type ResolvedPayi } from '../settings/resolved-payi.ts';
import { member } from '../usage/json.ts';
import type { AnyHeaders } from '../web.ts';
import { isOfProvider } from './payi-fault.ts';

/**
 * Adds to the message of a network error that it happened on the way to Pay-i. The error stays the same object with the
 * same code. Errors without a code are the caller's own.
 */
export function namePayiIn(error: unknown, { baseUrl, bypass }: ResolvedPayi): void {
  const remedy = bypass
    ? ''
    : "; createPayi({ onUnavailable: 'direct' }) calls the provider if Pay-i is down";
  const note = ` [on the way to Pay-i at ${baseUrl}${remedy}${addressHint(baseUrl)}]`;
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

const doubted = new WeakSet<object>();

/** Reports once that the default address may be the wrong one, after an answer that is not the provider's. */
export function doubtAddress({ baseUrl, report }: ResolvedPayi, status: number, headers: AnyHeaders): void {
  const hint = addressHint(baseUrl);
  if (hint === '' || doubted.has(report) || isOfProvider(headers)) return;
  doubted.add(report);
  report({ code: 'DEFAULT_BASE_URL', message: `${baseUrl} answered ${status}${hint}` });
}
