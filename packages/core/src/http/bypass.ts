import type { Bypass, BypassableAttempt, BypassableFetch } from '../call/bypass.ts';
import { faultOfAnswer, faultOfError, isRefusedKey } from '../call/payi-fault.ts';
import { decodeText, now } from '../runtime.ts';
import type { OnDiagnostic } from '../settings/diagnostics.ts';
import { parseJson } from '../usage/json.ts';
import { type WebResponse, web } from '../web.ts';
import { deletePayiHeaders } from './annotate-request.ts';

const failuresToSkip = 3;
const skipMs = 30_000;

/** Implements `createPayi({ onUnavailable: 'direct' })`, for all clients of one `Payi`. */
export class PayiBypass implements Bypass {
  readonly connectTimeoutMs = 5000;
  readonly #report: OnDiagnostic;
  /** Failures in a row. */
  #failures = 0;
  #skipsUntilMs = 0;

  constructor(report: OnDiagnostic) {
    this.#report = report;
  }

  skips(): boolean {
    if (this.#failures < failuresToSkip) return false;
    if (now() < this.#skipsUntilMs) return true;
    this.#skipsUntilMs = now() + skipMs;
    return false;
  }

  async send<Answer>(attempt: BypassableAttempt<Answer>): Promise<Answer> {
    let answer: Answer;
    try {
      answer = await attempt.send();
    } catch (error) {
      const fault = faultOfError(error);
      // A timeout may be the fault of a slow model.
      if (fault !== undefined && fault !== 'silent') this.#fail();
      if (fault !== 'unsent' || isStream(attempt.body)) throw error;
      return this.#sendDirect(attempt, error);
    }
    const { status, headers } = attempt.headOf(answer);
    const isRefused = status === 401 && (await refusesKey(attempt, answer));
    const fault = isRefused ? 'unsent' : faultOfAnswer(status, headers);
    if (fault === undefined) this.#failures = 0;
    else this.#fail();
    return fault === 'unsent' && !isStream(attempt.body) ? this.#sendDirect(attempt) : answer;
  }

  fetch<Init extends object>({
    observation,
    send,
    url,
    init,
    direct,
  }: BypassableFetch<Init>): Promise<WebResponse> {
    const { method = 'GET', headers, body } = init as { method?: string; headers?: unknown; body?: unknown };
    return this.send<WebResponse>({
      body,
      send: () => send(url, init),
      sendDirect() {
        const kept = new web.Headers(headers);
        deletePayiHeaders(kept);
        observation.leave({ ...direct, method, headers: kept, body, via: 'bypass' });
        return send(direct.url, { ...init, headers: kept });
      },
      headOf: (response) => response,
      bodyOf: (response) => response.clone().text(),
    });
  }

  #fail(): void {
    this.#failures += 1;
    this.#skipsUntilMs = now() + skipMs;
  }

  #sendDirect<Answer>(attempt: BypassableAttempt<Answer>, cause?: unknown): Promise<Answer> {
    this.#report({
      code: 'PAYI_UNAVAILABLE',
      message: 'Pay-i is unavailable: a call went to the provider itself, and limits were not enforced',
      ...(cause !== undefined && { cause }),
    });
    return attempt.sendDirect();
  }
}

async function refusesKey<Answer>({ bodyOf }: BypassableAttempt<Answer>, answer: Answer): Promise<boolean> {
  try {
    const body = (await bodyOf(answer)) ?? '';
    return isRefusedKey(parseJson(typeof body === 'string' ? body : decodeText(body)));
  } catch {
    return false;
  }
}

/** Whether a body can be read only once. */
function isStream(body: unknown): boolean {
  const { pipe, getReader } = Object(body) as { pipe?: unknown; getReader?: unknown };
  return pipe !== undefined || getReader !== undefined || Symbol.asyncIterator in Object(body);
}
