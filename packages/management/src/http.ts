import { parseRetryAfter } from '@payi/core/adapter';
import { ManagementError } from './errors.ts';
import { fromWire, toWire } from './wire.ts';

/** How requests reach Pay-i. */
export interface Target {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly timeoutMs: number;
  readonly fetch: typeof fetch;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** Values of a query, by Pay-i's own names. Those that are `undefined` are left out. */
export type Query = Readonly<Record<string, string | number | boolean | Date | undefined>>;

interface Call {
  readonly query?: Query;
  readonly body?: object;
}

const tries = 3;

/** Makes requests to Pay-i's REST API. */
export class Http {
  readonly #target: Target | undefined;

  /** @param target - `undefined` while Pay-i is switched off. */
  constructor(target: Target | undefined) {
    this.#target = target;
  }

  /**
   * A request that would do the same a second time is sent up to three times; a POST only if Pay-i did not take it.
   *
   * @param segments - Of the path, below `/api/v1`. Encoded here.
   * @returns The answer, names in camel case.
   * @throws `ManagementError` Pay-i refused the request, or did not answer.
   */
  async request<Answer>(method: Method, segments: readonly string[], call: Call = {}): Promise<Answer> {
    const target = this.#target;
    if (target === undefined) {
      throw new ManagementError('disabled', 'Pay-i is switched off, by PAYI_DISABLED or enabled: false');
    }
    const url = `${target.baseUrl}/api/v1/${segments.map(encodeSegment).join('/')}${queryOf(call.query)}`;
    for (let attempt = 1; ; attempt += 1) {
      const { failure, retryAfterMs, answer } = await send(target, method, url, call.body);
      if (failure === undefined) return fromWire(answer) as Answer;
      const isGone = method === 'DELETE' && attempt > 1 && failure.status === 404;
      if (isGone) return {} as Answer;
      if (retryAfterMs === undefined || attempt === tries) throw failure;
      await new Promise((resolve) =>
        setTimeout(resolve, Math.min(10_000, retryAfterMs * 2 ** (attempt - 1))),
      );
    }
  }

  /** The items of all pages. A page is asked for when the one before has been read. */
  async *pages<Item>(segments: readonly string[], query: Query = {}): AsyncGenerator<Item, void, undefined> {
    let cursor: string | undefined;
    do {
      const page: { items?: Item[]; cursor?: string | null } = await this.request('GET', segments, {
        query: { ...query, cursor },
      });
      yield* page.items ?? [];
      cursor = page.cursor ?? undefined;
    } while (cursor !== undefined && cursor !== '');
  }
}

async function send(
  { baseUrl, apiKey, timeoutMs, fetch }: Target,
  method: Method,
  url: string,
  body: object | undefined,
): Promise<Outcome> {
  const isSafe = method !== 'POST';
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method,
      headers: {
        'xProxy-Api-Key': apiKey,
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(toWire(body)) }),
      // The key must not follow a redirect.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    text = await response.text();
  } catch (cause) {
    const failure = new ManagementError(
      'unreachable',
      `Pay-i at ${baseUrl} did not answer; check the base URL, which is your own`,
      { cause },
    );
    return { failure, retryAfterMs: isSafe || isUnsent(cause) ? 250 : undefined };
  }
  const { status } = response;
  const answer = parse(text);
  if (status < 300 && (text === '' || answer !== undefined)) return { answer: answer ?? {} };
  const isTransient = status === 429 || (isSafe && status >= 500);
  return {
    failure: refusal(status, answer, baseUrl),
    retryAfterMs: isTransient
      ? parseRetryAfter(response.headers.get('retry-after'), Date.now()) || 250
      : undefined,
  };
}

interface Outcome {
  readonly failure?: ManagementError;
  /** Absent if a retry would not help, or might do the same twice. */
  readonly retryAfterMs?: number | undefined;
  readonly answer?: unknown;
}

function refusal(status: number, answer: unknown, baseUrl: string): ManagementError {
  const { message, detail, statusCode, status: problem, ...rest } = Object(answer) as Record<string, unknown>;
  const { xproxy_error: error, request_id: requestId } = rest;
  // Pay-i's own form need not have a code, and refused scores have the form of ASP.NET.
  const isCoded = statusCode === status || problem === status;
  const { code = isCoded ? 'refused' : undefined, message: reason = detail } = Object(error) as Record<
    string,
    unknown
  >;
  if (typeof code !== 'string') {
    const whose = `the answer with status ${status} is not one of Pay-i; check the base URL ${baseUrl}, which is your own`;
    return new ManagementError('not_payi', whose, { status });
  }
  const text = typeof reason === 'string' ? reason : typeof message === 'string' ? message : '';
  return new ManagementError(code, `Pay-i refused the request (${code}, status ${status}): ${text}`, {
    status,
    ...(typeof requestId === 'string' && { requestId }),
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether there was no connection, so that Pay-i cannot have taken the request. */
function isUnsent(error: unknown): boolean {
  const { code } = Object((error as { cause?: unknown }).cause) as { code?: unknown };
  return code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'EAI_AGAIN';
}

function queryOf(query: Query = {}): string {
  const given = new URLSearchParams();
  for (const name in query) if (query[name] !== undefined) given.append(name, textOf(query[name]));
  return given.size === 0 ? '' : `?${given}`;
}

function textOf(value: Query[string]): string {
  return value instanceof Date ? value.toISOString() : String(value);
}

/** @throws {TypeError} a name is empty, or means another folder of the path. */
export function encodeSegment(segment: string): string {
  if (typeof segment !== 'string' || /^\.{0,2}$/.test(segment)) {
    throw new TypeError(`${JSON.stringify(segment)} cannot be a name or an id`);
  }
  return encodeURIComponent(segment);
}
