// What a caller can see, as plain data that can be compared.

/** Differs from call to call, or is made by whoever is at the other end of the connection. */
const volatile =
  /^(?:date|host|authorization|x-amz-date|amz-sdk-invocation-id|connection|keep-alive|content-length|transfer-encoding|totalRetryDelay|socket|stack)$/;

/** A wanted difference: it repeats `user-agent`, and is left out on the way to Pay-i. */
const repeated = 'x-amz-user-agent';

/** Wanted differences: Pay-i's proxy adds its result to answers, and errors on the way to Pay-i say so. */
const plainText = (text: string): string =>
  text
    .replaceAll(/,"xproxy_result":\{.*?\}(?=\}(?:\n|$))/g, '')
    .replaceAll(/ \[on the way to Pay-i at [^\]]*\]/g, '')
    .replaceAll(/\/api\/v1\/proxy\/(?:openai(?=\/v1)|[\w.]+)/g, '')
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1');

export const headerFacts = (headers: Iterable<readonly [string, string]>): unknown =>
  [...headers]
    .map(([name, value]) => [name.toLowerCase(), plainText(value)] as const)
    .filter(
      ([name]) =>
        !volatile.test(name) && !name.startsWith(':') && !name.startsWith('xproxy-') && name !== repeated,
    )
    .sort(([one], [other]) => (one < other ? -1 : 1));

export function facts(value: unknown): unknown {
  if (typeof value === 'string') return plainText(value);
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(facts);
  const kind = value.constructor?.name;
  if (value instanceof Uint8Array) return { kind, text: plainText(Buffer.from(value).toString()) };
  if (value instanceof Headers) return headerFacts(value);
  if (value instanceof Response) return responseFacts(value);
  if (value instanceof Error) {
    const { name, message } = value;
    // A wanted difference: our errors always say why, and those of older AWS SDKs do not.
    const cause = message === 'Request aborted' ? undefined : value.cause;
    return { kind, name, message: plainText(message), ...membersOf(value), cause: facts(cause) };
  }
  if (Symbol.asyncIterator in value) return { kind };
  return kind === 'Object' ? membersOf(value) : { kind, ...membersOf(value) };
}

const membersOf = (value: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !volatile.test(name) && name !== 'xproxy_result' && name !== '$response')
      .map(([name, member]) => [name, facts(member)]),
  );

function responseFacts(response: Response): unknown {
  const { status, statusText, ok, url, type, redirected, headers, body, bodyUsed } = response;
  return {
    ...{ kind: response.constructor.name, tag: Object.prototype.toString.call(response) },
    ...{ status, statusText, ok, type, redirected, bodyUsed, url: plainText(url) },
    ...{ isLocked: body?.locked, isSameBody: body === response.body, keys: Object.keys(response) },
    headers: headerFacts(headers),
  };
}

/** What the call ends with: facts of its error, or of what it gives. */
export async function endOf(call: () => unknown): Promise<unknown> {
  try {
    return facts(await call());
  } catch (error) {
    return { thrown: facts(error) };
  }
}

/** The events of a stream, and how it ended. */
export async function logOf(
  events: AsyncIterable<unknown> | undefined,
  onEvent: (count: number) => unknown = () => {},
): Promise<unknown[]> {
  const log: unknown[] = [];
  const end = await endOf(async () => {
    for await (const event of events ?? []) await onEvent(log.push(facts(event)));
    return 'its end';
  });
  return [...log, end];
}

export const textOf = (stream: unknown): Promise<string> => new Response(stream as ReadableStream).text();
