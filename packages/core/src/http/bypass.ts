import type { Bypass } from '../call/bypass.ts';
import { faultOfAnswer, faultOfError, isRefusedKey } from '../call/payi-fault.ts';
import type { SentRequest } from '../call/sent-request.ts';
import { decodeText, now } from '../runtime.ts';
import { parseJson } from '../usage/json.ts';
import { type AnyHeaders, type WebResponse, web } from '../web.ts';
import { deletePayiHeaders } from './annotate-request.ts';

const failuresToSkip = 3;
const skipMs = 30_000;

/** One attempt that goes to Pay-i, and to the provider if Pay-i is down. */
export interface BypassableAttempt<Answer> {
  readonly body: unknown;
  send(): Promise<Answer>;
  /** Records that the attempt leaves for the provider, and sends it there. */
  sendDirect(): Promise<Answer>;
  headOf(answer: Answer): { readonly status: number; readonly headers: AnyHeaders };
  /** Reads the body of a refusal, which stays readable. */
  bodyOf(answer: Answer): Promise<Uint8Array | string | undefined>;
}

/** Such an attempt, sent by `fetch`. */
export interface BypassableFetch<Init> {
  readonly observation: { leave(request: SentRequest): void };
  /** As Pay-i gets it. */
  readonly url: string;
  readonly init: Init;
  /** As the provider gets it. */
  readonly direct: { readonly url: string; readonly providerUri?: string | undefined };
  send(url: string, init: Init): Promise<WebResponse>;
}

/** Whether the next attempt must skip Pay-i. Every 30 s, one attempt tries Pay-i again. */
export function skipsPayi(bypass: Bypass): boolean {
  if (bypass.failures < failuresToSkip) return false;
  if (now() < bypass.skipsUntilMs) return true;
  bypass.skipsUntilMs = now() + skipMs;
  return false;
}

/** Sends an attempt to Pay-i, and to the provider if Pay-i did not forward it and its body can be sent twice. */
export async function sendOrBypass<Answer>(
  bypass: Bypass,
  attempt: BypassableAttempt<Answer>,
): Promise<Answer> {
  let answer: Answer;
  try {
    answer = await attempt.send();
  } catch (error) {
    const fault = faultOfError(error);
    // A timeout may be the fault of a slow model.
    if (fault !== undefined && fault !== 'silent') failed(bypass);
    if (fault !== 'unsent' || isStream(attempt.body)) throw error;
    return sendDirect(bypass, attempt, error);
  }
  const { status, headers } = attempt.headOf(answer);
  const isRefused = status === 401 && (await refusesKey(attempt, answer));
  const fault = isRefused ? 'unsent' : faultOfAnswer(status, headers);
  if (fault === undefined) bypass.failures = 0;
  else failed(bypass);
  return fault === 'unsent' && !isStream(attempt.body) ? sendDirect(bypass, attempt) : answer;
}

/** {@link sendOrBypass} by `fetch`. The provider gets the same request without Pay-i's headers. */
export function fetchOrBypass<Init extends object>(
  bypass: Bypass,
  { observation, send, url, init, direct }: BypassableFetch<Init>,
): Promise<WebResponse> {
  const { method = 'GET', headers, body } = init as { method?: string; headers?: unknown; body?: unknown };
  return sendOrBypass<WebResponse>(bypass, {
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

function failed(bypass: Bypass): void {
  bypass.failures += 1;
  bypass.skipsUntilMs = now() + skipMs;
}

function sendDirect<Answer>(
  { report }: Bypass,
  attempt: BypassableAttempt<Answer>,
  cause?: unknown,
): Promise<Answer> {
  report({
    code: 'PAYI_UNAVAILABLE',
    message: 'Pay-i is unavailable: a call went to the provider itself, and limits were not enforced',
    ...(cause !== undefined && { cause }),
  });
  return attempt.sendDirect();
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
