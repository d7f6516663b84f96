import { headerNames } from '../annotations/header-names.ts';
import { later } from '../runtime.ts';
import { type WebHeaders, web } from '../web.ts';
import { parseRetryAfter } from './backoff.ts';
import { codeOf, type IngestAnswer, isRedirect, isSuccess } from './send-result.ts';

/** One request to Pay-i. */
export interface IngestRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly apiKey: () => string;
  readonly timeoutMs: number;
  /** JSON. */
  readonly body?: string;
  /** Beside those that every request has. */
  readonly headers?: Readonly<Record<string, string>>;
}

type Fetch = (
  url: string,
  init: Record<string, unknown>,
) => Promise<{ readonly status: number; readonly headers: WebHeaders; text(): Promise<string> }>;

const runtime = globalThis as unknown as { readonly fetch: Fetch };

/** Sends a request and reads its answer. Never rejects, and follows no redirect, which could take the key elsewhere. */
export async function sendRequest(request: IngestRequest): Promise<IngestAnswer> {
  const { method, url, apiKey, timeoutMs, body, headers } = request;
  const controller = new web.AbortController();
  const cancel = later(timeoutMs, () => controller.abort());
  try {
    const response = await runtime.fetch(url, {
      method,
      headers: {
        ...headers,
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        [headerNames.apiKey]: apiKey(),
      },
      ...(body !== undefined && { body }),
      redirect: 'manual',
      signal: controller.signal,
    });
    const { status } = response;
    const text = await response.text().catch((cause) => {
      // The status of a success says that the events have arrived, even if the body breaks off.
      if (isSuccess(status)) return '';
      throw cause;
    });
    const parsed = parseJson(text);
    if (status < 300 && parsed === undefined && /^\s*</.test(text)) {
      // A page of HTML comes from a captive portal or the wrong host, not from Pay-i.
      return noAnswer(`${status}, a page of HTML`);
    }
    const code = codeOf(parsed);
    return {
      status,
      retryAfterMs: parseRetryAfter(response.headers.get('retry-after'), Date.now()),
      body: parsed,
      reason: `${status}${code !== undefined ? ` ${code}` : isRedirect(status) ? ', a redirect, which is not followed' : ''}`,
    };
  } catch (error) {
    const { name, cause } = (error ?? {}) as { name?: unknown; cause?: { code?: unknown } };
    return noAnswer(String(cause?.code ?? name));
  } finally {
    cancel();
  }
}

function noAnswer(reason: string): IngestAnswer {
  return { status: 0, retryAfterMs: 0, body: undefined, reason };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
