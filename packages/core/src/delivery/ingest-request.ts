import { headerNames } from '../annotations/header-names.ts';
import { decodeText, joinBytes, later } from '../runtime.ts';
import { addressHint } from '../settings/resolved-payi.ts';
import { parseJson } from '../usage/json.ts';
import { parseRetryAfter, type WebResponse, web } from '../web.ts';
import { codeOf, type IngestAnswer, isRedirect, isSuccess } from './send-result.ts';

/** Where requests go. The key goes there and nowhere else. */
export interface IngestTarget {
  readonly baseUrl: string;
  readonly apiKey: () => string;
  readonly timeoutMs: number;
}

/** An answer about a thousand events has less. */
const maxAnswerBytes = 4_194_304;

/**
 * Sends a request and reads its answer. Never rejects, and follows no redirect.
 *
 * @param body - JSON.
 */
export async function sendRequest(
  { baseUrl, apiKey, timeoutMs }: IngestTarget,
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  body?: string,
  headers?: Readonly<Record<string, string>>,
): Promise<IngestAnswer> {
  const controller = new web.AbortController();
  const cancel = later(timeoutMs, () => controller.abort());
  try {
    const response = await web.fetch(baseUrl + path, {
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
    const text = await textOf(response).catch((cause) => {
      // The status of a success says that the events have arrived, even if the body breaks off.
      if (isSuccess(status)) return '';
      throw cause;
    });
    if (text === undefined) return noAnswer(`${status}, an answer of more than ${maxAnswerBytes} bytes`);
    const parsed = text === '' ? null : parseJson(text);
    if (status < 300 && parsed === undefined && /^\s*</.test(text)) {
      // A page of HTML comes from a captive portal or the wrong host, not from Pay-i.
      return noAnswer(`${status}, a page of HTML`);
    }
    const code = codeOf(parsed);
    return {
      status,
      retryAfterMs: parseRetryAfter(response.headers.get('retry-after'), Date.now()),
      body: parsed,
      reason: `${status}${code !== undefined ? ` ${code}` : isRedirect(status || 300) ? ', a redirect, which is not followed' : ''}${status === 401 || status === 404 ? addressHint(baseUrl) : ''}`,
    };
  } catch (error) {
    const { name, cause } = (error ?? {}) as { name?: unknown; cause?: { code?: unknown } };
    return noAnswer(String(cause?.code ?? name) + addressHint(baseUrl));
  } finally {
    cancel();
  }
}

/** @returns `undefined` if it is longer than {@link maxAnswerBytes}. The rest is not read. */
async function textOf({ body }: WebResponse): Promise<string | undefined> {
  const reader = body?.getReader();
  const pieces: Uint8Array[] = [];
  for (let left = maxAnswerBytes; ; ) {
    const { value } = (await reader?.read()) ?? {};
    if (value === undefined) return decodeText(joinBytes(pieces));
    left -= value.length;
    if (left < 0) {
      reader?.cancel().catch(() => {});
      return undefined;
    }
    pieces.push(value);
  }
}

function noAnswer(reason: string): IngestAnswer {
  return { status: 0, retryAfterMs: 0, body: undefined, reason };
}
