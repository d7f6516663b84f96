/**
 * The answer of a provider, or of Pay-i, that refuses a call: as the error that the SDK throws for it, to those who look
 * for Pay-i's codes; named by the provider's own code.
 */
export function refusal(status: number | undefined, body: unknown): object {
  const error = member(body, 'error') ?? member(body, 'xproxy_error');
  const name = member(error, 'code') ?? member(error, 'type') ?? `HTTP ${status}`;
  const message = member(error, 'message') ?? member(body, 'message');
  return { name, message, error: body };
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? ((value as Record<string, unknown>)[name] ?? undefined)
    : undefined;
}
