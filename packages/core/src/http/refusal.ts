import type { PayiError } from '../errors.ts';
import { type WebResponse, web } from '../web.ts';

/**
 * An answer by which an SDK throws an error as it is to its caller, once. To the SDKs an error thrown by `fetch` is a
 * failed connection, which they retry; an error thrown by the headers of an answer is nobody's. An SDK that does not look at
 * them gets an answer that it does not retry.
 */
export function refusalWith(error: PayiError): WebResponse {
  const { code, message } = error;
  const body = JSON.stringify({ error: { code, message } });
  const response = new web.Response(body, { status: 400, statusText: code, headers: {} });
  return Object.defineProperty(response, 'headers', {
    get() {
      throw error;
    },
  });
}

/**
 * Whether an answer refuses a request because of something that it names. Reads a copy, so that the refusal can still be
 * handed on; one that is not handed on is closed.
 */
export async function isRefusalOf(names: RegExp, response: WebResponse): Promise<boolean> {
  if (response.status !== 400 && response.status !== 422) return false;
  try {
    if (!names.test(await response.clone().text())) return false;
    response.body?.cancel?.().then(undefined, () => {});
    return true;
  } catch {
    return false;
  }
}
