import { member } from '../usage/json.ts';
import type { AnyHeaders, WebHeaders } from '../web.ts';
import { wrappedIn } from './wrapped-errors.ts';

/**
 * How Pay-i failed an attempt that was sent to it.
 *
 * - `unsent`: verifiably before it could send the call on to the provider.
 * - `unclear`: the provider may have got the call.
 * - `silent`: a time limit ended it. The model may have been too slow.
 */
export type PayiFault = 'unsent' | 'unclear' | 'silent';

/** No connection: nothing can have been sent. Certificates are checked before the first byte of a request. */
const noConnection =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|E(?:HOST|NET)UNREACH|UND_ERR_CONNECT_TIMEOUT|CERT_\w+|UNABLE_TO_\w+|\w*SELF_SIGNED_CERT\w*|ERR_TLS_CERT_\w+|ERR_SSL_\w*(?:VERSION|HANDSHAKE|PROTOCOL|NAME|LENGTH)\w*)$/;
/** Known only by message: the AWS SDK's connection timeout, and a server without TLS or with another version of it. */
const noConnectionInWords =
  /establish\w* a connection|EPROTO.*(?:wrong version|handshake|protocol|unrecognized name)/;
const brokenConnection =
  /^(?:ECONNRESET|EPIPE|EPROTO|ETIMEDOUT|ERR_(?:SSL|TLS|HTTP2)_\w+|HPE_\w+|UND_ERR_SOCKET)$/;

/** How Pay-i failed an attempt that ended with an error. `undefined` for others, such as the caller's abort. */
export function faultOfError(error: unknown): PayiFault | undefined {
  let fault: PayiFault | undefined;
  for (const inner of wrappedIn(error)) {
    const code = `${member(inner, 'code')}`;
    const isTimeout = member(inner, 'name') === 'TimeoutError' || code === 'UND_ERR_HEADERS_TIMEOUT';
    if (
      noConnection.test(code) ||
      (code === 'ETIMEDOUT' && member(inner, 'syscall') === 'connect') ||
      ((isTimeout || code === 'EPROTO') && noConnectionInWords.test(`${member(inner, 'message')}`))
    ) {
      return 'unsent';
    }
    if (brokenConnection.test(code)) fault = 'unclear';
    else if (isTimeout) fault ??= 'silent';
  }
  return fault;
}

/** Headers that providers, and the networks in front of them, put on every answer. */
const marksOfProviders = ['x-request-id', 'request-id', 'x-amzn-requestid', 'apim-request-id', 'cf-ray'];

/** How Pay-i failed an attempt that a load balancer answered in its place. `undefined` for all other answers. */
export function faultOfAnswer(status: number, headers: AnyHeaders): PayiFault | undefined {
  const isGateway = status >= 502 && status <= 504;
  const type = headerIn(headers, 'content-type') ?? '';
  if (!/^text\/html/i.test(type) && !(isGateway && !/json/i.test(type))) return undefined;
  if (isOfProvider(headers)) return undefined;
  return isGateway ? 'unsent' : 'unclear';
}

/** Whether an answer has passed the provider. */
export function isOfProvider(headers: AnyHeaders): boolean {
  return marksOfProviders.some((name) => headerIn(headers, name));
}

function headerIn(headers: AnyHeaders, name: string): string | null | undefined {
  return typeof headers.get === 'function'
    ? (headers as WebHeaders).get(name)
    : (headers as Record<string, string>)[name];
}

/** Whether Pay-i refuses its key. OpenAI uses the same code in another member. */
export function isRefusedKey(answer: unknown): boolean {
  return member(member(answer, 'xproxy_error'), 'code') === 'invalid_api_key';
}
