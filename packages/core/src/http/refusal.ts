/**
 * Describes an answer that refuses a call, from the provider or from Pay-i, in the shape of the error that the SDK throws
 * for it. Its name is the code in the answer.
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
