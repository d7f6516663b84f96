import { createHeaders } from '../annotations/create-headers.ts';
import { headerNames } from '../annotations/header-names.ts';
import { later } from '../runtime.ts';
import { record } from '../usage/json.ts';
import { parseRetryAfter } from './backoff.ts';
import type { IngestItem } from './event-of-receipt.ts';
import { letProcessEnd } from './let-process-end.ts';
import { markDuplicate } from './mark-duplicate.ts';

/** An event to send. */
export interface OutgoingEvent {
  readonly json: string;
  /** It was sent before, and what became of it is not known. */
  readonly isResend: boolean;
}

/** What became of one event. */
export type Verdict =
  /** Pay-i has it. `answer` holds the result of the call, where the endpoint tells it. */
  | { readonly kind: 'taken'; readonly answer?: unknown }
  /** It may have arrived or not: send it again. `isUnsent`: it cannot have arrived. */
  | {
      readonly kind: 'again';
      readonly reason: string;
      readonly retryAfterMs: number;
      readonly isUnsent?: boolean;
    }
  /** Sending it again would not help. `isKept`: it is not the event's fault. `isTooLarge`: a shorter one may do. */
  | {
      readonly kind: 'refused';
      readonly reason: string;
      readonly isKept: boolean;
      readonly isTooLarge: boolean;
    };

interface Answer {
  /** 0: none came. */
  readonly status: number;
  readonly retryAfterMs: number;
  readonly body: unknown;
  /** For people, without anything of the event. */
  readonly reason: string;
}

type WebFetch = (
  url: string,
  init: {
    method: string;
    headers: Record<string, string>;
    body?: string;
    redirect: 'manual';
    signal: unknown;
  },
) => Promise<{ status: number; headers: { get(name: string): string | null }; text(): Promise<string> }>;

const web = globalThis as unknown as {
  readonly fetch: WebFetch;
  readonly AbortController: new () => { readonly signal: unknown; abort(): void };
};

/** From the one that is preferred to the one that every Pay-i has. */
const endpoints = ['/api/v1/ingest/bulk-upsert', '/api/v1/ingest/bulk', '/api/v1/ingest'] as const;
const transientStatuses: ReadonlySet<number> = new Set([408, 409, 425, 429]);

/** Speaks with Pay-i's ingest API. No method rejects. */
export class IngestClient {
  readonly #baseUrl: string;
  readonly #apiKey: () => string;
  readonly #timeoutMs: number;
  /** Index of the endpoint that the service is known to have, until it says otherwise. */
  #endpoint = 0;

  /** @param apiKey - Is sent to `baseUrl` and nowhere else: redirects are not followed. */
  constructor(baseUrl: string, apiKey: () => string, timeoutMs: number) {
    this.#baseUrl = baseUrl;
    this.#apiKey = apiKey;
    this.#timeoutMs = timeoutMs;
    letProcessEnd(`${baseUrl}/api/v1/`);
  }

  /** @returns One verdict per event, in their order. */
  async send(events: readonly OutgoingEvent[]): Promise<readonly Verdict[]> {
    const verdicts = this.#endpoint < 2 ? await this.#sendBatch(events) : await this.#sendSingly(events);
    if (verdicts !== 'missing') return verdicts;
    this.#endpoint = (this.#endpoint + 1) % endpoints.length;
    if (this.#endpoint > 0) return this.send(events);
    return events.map(() => refused(`there is no ingest API at ${this.#baseUrl}`, true));
  }

  /**
   * Asks for the result of a call that was taken, up to three times.
   *
   * @param pause - Waits before the next time, by the number of failures so far and what the service asked for.
   * @returns `undefined` when there is none.
   */
  async result(
    { category, provider_response_id }: IngestItem,
    pause: (failures: number, retryAfterMs: number) => Promise<void>,
  ): Promise<unknown> {
    const path = `/api/v1/requests/provider/${encodeURIComponent(category)}/${encodeURIComponent(provider_response_id)}/result`;
    for (let failures = 1; ; failures += 1) {
      const answer = await this.#request('GET', path);
      if (answer.status === 200) return answer.body;
      // 404: it may not be priced yet.
      const mayCome = answer.status === 404 || verdictOf(answer).kind === 'again';
      if (!mayCome || failures === 3) return undefined;
      await pause(failures, answer.retryAfterMs);
    }
  }

  async #sendBatch(events: readonly OutgoingEvent[]): Promise<readonly Verdict[] | 'missing'> {
    // Only an upsert is sure to count a repeated event once.
    const isUpsert = this.#endpoint === 0;
    const items = events.map(({ json, isResend }) => (isResend && !isUpsert ? markDuplicate(json) : json));
    const answer = await this.#request('POST', this.#path, `[${items.join(',')}]`);
    if (isMissing(answer)) return 'missing';
    const errors = itemErrors(answer, events.length);
    if (isSuccess(answer) || errors.size > 0) {
      const rest: Verdict = isRestTaken(answer, events.length - errors.size)
        ? { kind: 'taken' }
        : { kind: 'again', reason: answer.reason, retryAfterMs: answer.retryAfterMs };
      return events.map((_, index) => errors.get(index) ?? rest);
    }
    const verdict = verdictOf(answer);
    if (verdict.kind !== 'refused' || verdict.isKept || events.length === 1) {
      return events.map(() => verdict);
    }
    // One of them spoils the batch, or they are too much at once: halves tell which.
    const middle = events.length >> 1;
    return [...(await this.send(events.slice(0, middle))), ...(await this.send(events.slice(middle)))];
  }

  async #sendSingly(events: readonly OutgoingEvent[]): Promise<readonly Verdict[] | 'missing'> {
    const verdicts: Verdict[] = [];
    for (const { json, isResend } of events) {
      const form = singleForm(isResend ? markDuplicate(json) : json);
      if (form === undefined) {
        verdicts.push(refused('not readable'));
        continue;
      }
      const answer = await this.#request('POST', this.#path, ...form);
      if (verdicts.length === 0 && isMissing(answer)) return 'missing';
      const verdict = verdictOf(answer);
      verdicts.push(verdict);
      if (verdict.kind === 'again') break;
    }
    const last = verdicts.at(-1) as Verdict;
    return events.map((_, index) => verdicts[index] ?? { ...last, isUnsent: true });
  }

  get #path(): string {
    return endpoints[this.#endpoint] as string;
  }

  async #request(
    method: string,
    path: string,
    body?: string,
    headers?: Record<string, string>,
  ): Promise<Answer> {
    const controller = new web.AbortController();
    const cancel = later(this.#timeoutMs, () => controller.abort());
    try {
      const response = await web.fetch(this.#baseUrl + path, {
        method,
        headers: {
          ...headers,
          accept: 'application/json',
          ...(body !== undefined && { 'content-type': 'application/json' }),
          [headerNames.apiKey]: this.#apiKey(),
        },
        ...(body !== undefined && { body }),
        redirect: 'manual',
        signal: controller.signal,
      });
      const { status } = response;
      const text = await response.text().catch((cause) => {
        // A 2xx whose body broke off is a 2xx: what it says is that the events are there.
        if (status >= 200 && status < 300) return '';
        throw cause;
      });
      const parsed = parseJson(text);
      if (status < 300 && parsed === undefined && /^\s*</.test(text)) {
        // It is whoever stands in between that says yes: a network that wants a login, the site of the wrong address.
        return { status: 0, retryAfterMs: 0, body: undefined, reason: `${status}, a page of HTML` };
      }
      const code = codeOf(parsed);
      return {
        status,
        retryAfterMs: parseRetryAfter(response.headers.get('retry-after'), Date.now()),
        body: parsed,
        reason: `${status}${code !== undefined ? ` ${code}` : isRedirect(status) ? ', a redirect, which is not followed' : ''}`,
      };
    } catch (cause) {
      const { name, cause: inner } = (cause ?? {}) as { name?: unknown; cause?: { code?: unknown } };
      return { status: 0, retryAfterMs: 0, body: undefined, reason: String(inner?.code ?? name) };
    } finally {
      cancel();
    }
  }
}

function isSuccess({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}

/** That there is no such endpoint, and not something that an event names. */
function isMissing({ status, body }: Answer): boolean {
  return (
    (status === 404 && !/^(?:use_case|category|limit)\w*_not_found$/.test(codeOf(body) ?? '')) ||
    status === 405
  );
}

function codeOf(body: unknown): string | undefined {
  const { code } = record(record(body).xproxy_error);
  return typeof code === 'string' ? code : undefined;
}

function verdictOf(answer: Answer): Verdict {
  const { status, reason, retryAfterMs, body } = answer;
  if (isSuccess(answer)) return { kind: 'taken', answer: body };
  if (status === 0 || isRedirect(status) || status >= 500 || transientStatuses.has(status)) {
    return { kind: 'again', reason, retryAfterMs };
  }
  return refused(reason, status === 401 || status === 403, status === 413);
}

function refused(reason: string, isKept = false, isTooLarge = false): Verdict {
  return { kind: 'refused', reason, isKept, isTooLarge };
}

/** The events of a batch that Pay-i complains of; those it does not mention, it has taken. */
function itemErrors({ body, status, retryAfterMs }: Answer, length: number): Map<number, Verdict> {
  const verdicts = new Map<number, Verdict>();
  const { errors } = record(body);
  if (!Array.isArray(errors) || (status !== 400 && (status < 200 || status > 299))) return verdicts;
  for (const error of errors) {
    const { item_index, xproxy_result } = record(error);
    if (!Number.isInteger(item_index) || (item_index as number) >= length) continue;
    const { statusCode } = record(xproxy_result);
    const reason = codeOf(xproxy_result) ?? String(statusCode ?? 'not said');
    const answer = { status: Number(statusCode ?? 400), retryAfterMs, body: undefined, reason };
    // Of an event that Pay-i complains of, no status says that it was taken.
    verdicts.set(item_index as number, isSuccess(answer) ? refused(reason) : verdictOf(answer));
  }
  return verdicts;
}

/** Whether Pay-i has kept those events of a batch that it did not complain of. Of an error, only if it says so. */
function isRestTaken(answer: Answer, count: number): boolean {
  const { ingest_count } = record(answer.body);
  return isSuccess(answer) || (typeof ingest_count === 'number' && ingest_count >= count);
}

/** The body and headers of an event for the endpoint that takes one. `undefined` if a journal kept something else. */
function singleForm(json: string): [string, Record<string, string>] | undefined {
  try {
    return toSingleForm(JSON.parse(json));
  } catch {
    return undefined;
  }
}

function toSingleForm(item: IngestItem): [string, Record<string, string>] {
  const {
    limit_ids,
    request_tags,
    user_id,
    account_name,
    use_case_name,
    use_case_id,
    use_case_version,
    use_case_step,
    scope,
    ...body
  } = item;
  const headers = createHeaders({
    limitIds: limit_ids,
    requestTags: request_tags,
    userId: user_id,
    accountName: account_name,
    useCaseName: use_case_name,
    useCaseId: use_case_id,
    useCaseVersion: use_case_version,
    useCaseStep: use_case_step,
  });
  if (scope !== undefined) headers[headerNames.resourceScope] = scope;
  return [JSON.stringify(body), headers];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
