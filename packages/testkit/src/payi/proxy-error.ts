import type { ProxyResult } from './proxy-result.ts';

/** The body of every answer that Pay-i itself gives instead of the provider. */
export interface ErrorEnvelope {
  statusCode: number;
  message: string;
  xproxy_error: { code: string; message: string };
  xproxy_result?: ProxyResult;
}

/**
 * A reason of Pay-i's own to refuse a call. Codes are those Pay-i documents; it promises that they are stable and
 * that messages are not.
 */
export class ProxyError extends Error {
  override name = 'ProxyError';
  readonly statusCode: number;
  readonly code: string;

  constructor(statusCode: number, code: string, message: string) {
    super(message);
    this.statusCode = statusCode;
    this.code = code;
  }

  /** @param result - What Pay-i knows about the call, when it got far enough to be looked at. */
  toEnvelope(result?: ProxyResult): ErrorEnvelope {
    return {
      statusCode: this.statusCode,
      message: this.message,
      xproxy_error: { code: this.code, message: this.message },
      ...(result && { xproxy_result: result }),
    };
  }
}

/** The refusal of a request whose path is known, but not with its method. */
export function notAllowed(method: string): ProxyError {
  return new ProxyError(405, 'unexpected_error', `${method} is not allowed here.`);
}
