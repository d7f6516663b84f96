import type { ProxyResult } from './proxy-result.ts';

/** The body of every answer that Pay-i itself gives instead of the provider. */
export interface ErrorEnvelope {
  statusCode: number;
  message: string;
  xproxy_error: { code: string; message: string };
  xproxy_result?: ProxyResult;
}

/** An error of Pay-i itself, with a code that Pay-i documents. Codes are stable; messages can change. */
export class ProxyError extends Error {
  override name = 'ProxyError';
  readonly statusCode: number;
  readonly code: string;

  constructor(statusCode: number, code: string, message: string) {
    super(message);
    this.statusCode = statusCode;
    this.code = code;
  }

  /** @param result - The result of the call, if the call got far enough to have a result. */
  toEnvelope(result?: ProxyResult): ErrorEnvelope {
    return {
      statusCode: this.statusCode,
      message: this.message,
      xproxy_error: { code: this.code, message: this.message },
      ...(result && { xproxy_result: result }),
    };
  }
}

/** The form in which Pay-i refuses a score, which has no code. */
export class ProblemError extends ProxyError {
  constructor(statusCode: number, message: string) {
    super(statusCode, 'unexpected_error', message);
  }

  override toEnvelope(): ErrorEnvelope {
    const { statusCode, message } = this;
    const problem = { title: statusCode === 404 ? 'Not Found' : 'Bad Request', status: statusCode };
    return { ...problem, detail: message } as object as ErrorEnvelope;
  }
}

/** The refusal of a request whose path does not support its method. */
export function notAllowed(method: string): ProxyError {
  return new ProxyError(405, 'unexpected_error', `${method} is not allowed here.`);
}
