import type { PayiError } from '../errors.ts';
import { type WebResponse, web } from '../web.ts';

/**
 * A response that makes an SDK throw this error to its caller, without a retry. The SDKs treat an error thrown by `fetch`
 * as a failed connection and retry, but do not catch an error thrown when they read the headers of a response. An SDK that
 * does not read them gets status 400, which it does not retry.
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
