/** `limit_reached` is the current code, `not_enough_budget` the older one. */
const limitCodes: ReadonlySet<unknown> = new Set(['limit_reached', 'not_enough_budget']);

/**
 * Did Pay-i refuse this call because a blocking limit was used up?
 *
 * Decided by the error code that Pay-i puts into the answer, not by the HTTP status (400 was recorded, 424 is
 * reported elsewhere), because the service promises stable codes. Works on the error of any provider SDK: the AWS
 * SDK copies Pay-i's members onto the error, OpenAI's and Anthropic's keep the body under `error`.
 *
 * @param error - Whatever a provider SDK threw. Anything else gives `false`.
 */
export function isLimitReached(error: unknown): boolean {
  return answersOf(error).some(
    (answer) =>
      limitCodes.has(member(answer.xproxy_error, 'code')) ||
      isNonEmptyList(member(answer.xproxy_result ?? answer.proxy_result, 'blocked_limit_ids')),
  );
}

/** The places where provider SDKs leave the body of an error answer. */
function answersOf(error: unknown): Record<string, unknown>[] {
  const body = member(error, 'error');
  return [error, body, member(body, 'error')].filter(isRecord);
}

function member(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isNonEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}
