import { faultOfAnswer, faultOfError, isRefusedKey } from './payi-fault.ts';
import { settlementOf } from './receipts.ts';
import { wrappedIn } from './wrapped-errors.ts';

declare const payiUnavailable: unique symbol;

/** An error that {@link isPayiUnavailable} recognizes. Its mark exists in the types only. */
export interface PayiUnavailableError extends Error {
  readonly [payiUnavailable]: true;
}

/**
 * Whether a call on route `proxy` failed because of Pay-i, and not because of the provider: no connection, a connection
 * that broke before the answer, the page of a load balancer, Pay-i's refusal of its own key, or no answer within the
 * time limit of a Bedrock client.
 *
 * Recognizes the provider SDK's own error, and a framework's error that wraps it. The timeout errors of the OpenAI and
 * Anthropic SDKs cannot be traced to a call, so they give `false`.
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
