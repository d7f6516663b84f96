import { faultOfAnswer, faultOfError, isRefusedKey } from './payi-fault.ts';
import { settlementOf } from './receipts.ts';
import { wrappedIn } from './wrapped-errors.ts';

declare const payiUnavailable: unique symbol;

/** What {@link isPayiUnavailable} tells from other errors. Its mark exists in the types only. */
export interface PayiUnavailableError extends Error {
  readonly [payiUnavailable]: true;
}

/**
 * Whether a call on route `proxy` failed because of Pay-i, and not because of the provider: no connection, a connection
 * that broke before the answer, the page of a load balancer, Pay-i's refusal of its own key, or no answer within the
 * time limit of a Bedrock client.
 *
 * The error is the provider SDK's own; errors of frameworks that wrap it are known, too. The SDKs of OpenAI and Anthropic
 * give the error of their time limit no trace of the call, so for it the answer is `false`.
 *
 * @param error - An error thrown by a provider SDK or a framework. Any other value gives `false`.
 */
export function isPayiUnavailable(error: unknown): error is PayiUnavailableError {
  const met = settlementOf(error)?.atPayi;
  if (met === 'asked' && faultOfError(error) !== undefined) return true;
  if (typeof met === 'object' && faultOfAnswer(met.status, met.headers) !== undefined) return true;
  for (const answer of wrappedIn(error)) if (isRefusedKey(answer)) return true;
  return false;
}
