import { type JsonRecord, record, records } from '../usage/json.ts';

/** Try again later. The event may have arrived. */
export interface Retry {
  readonly kind: 'retry';
  readonly reason: string;
  readonly retryAfterMs: number;
  /** The event cannot have arrived. */
  readonly isUnsent?: boolean;
  /** Somebody has to mend the key or the address. Until then the event does not age. */
  readonly isSetUp?: boolean;
}

/** A retry of the same event would not help. */
export interface Rejected {
  readonly kind: 'rejected';
  readonly reason: string;
  /** Pay-i's code of the error. */
  readonly code?: string | undefined;
  /** A shorter event may be accepted. */
  readonly isTooLarge?: boolean;
}

/** What became of one event that was sent. */
export type SendResult =
  /** Pay-i has it. `answer` holds the result of the call, where the endpoint gives one; `warnings` are ours. */
  | { readonly kind: 'accepted'; readonly answer?: unknown; readonly warnings?: readonly string[] }
  | Retry
  | Rejected;

/** An answer of Pay-i, or of something in between. */
export interface IngestAnswer {
  /** 0: no answer came. */
  readonly status: number;
  readonly retryAfterMs: number;
  /** `undefined` if it is not JSON, `null` if it is empty. */
  readonly body: unknown;
  /** For people. Contains nothing of the event. */
  readonly reason: string;
}

const transientStatuses: ReadonlySet<number> = new Set([408, 409, 425, 429]);

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

export function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}

/**
 * Whether the endpoint does not exist. A 404 may also be about a use case, a category or a limit of an event. A page, which
 * is not JSON, comes from something in between.
 */
export function isMissing({ status, body }: IngestAnswer): boolean {
  return (
    (status === 405 || status === 404) && body !== undefined && !/\w_not_found$/.test(codeOf(body) ?? '')
  );
}

export function codeOf(body: unknown): string | undefined {
  const { code } = record(record(body).xproxy_error);
  return typeof code === 'string' ? code : undefined;
}

/** An answer that is not in Pay-i's form says nothing about the events: whoever sent it may let the next request pass. */
export function resultOf({ status, reason, retryAfterMs, body }: IngestAnswer): SendResult {
  if (isSuccess(status)) return { kind: 'accepted', answer: body ?? undefined };
  const code = codeOf(body);
  const isSetUp = code !== undefined && (status === 401 || status === 403 || code === 'header_is_missing');
  const isRefusal =
    status === 413 || (isRefusalStatus(status) && (code !== undefined || (status === 400 && Boolean(body))));
  return isRefusal && !isSetUp
    ? { kind: 'rejected', reason, code, isTooLarge: status === 413 }
    : { kind: 'retry', reason, retryAfterMs, isSetUp };
}

function isRefusalStatus(status: number): boolean {
  return status >= 400 && status < 500 && !transientStatuses.has(status);
}

/** @returns The result of each event, or `undefined` if the answer rejects or defers the batch as a whole. */
export function batchResults(answer: IngestAnswer, length: number): SendResult[] | undefined {
  const { body, status, reason, retryAfterMs } = answer;
  const { errors, ingest_count } = record(body);
  const failed = new Map<unknown, SendResult>();
  if (isSuccess(status) || status === 400) {
    for (const { item_index, xproxy_result } of records(errors)) {
      if (Number.isInteger(item_index) && (item_index as number) < length) {
        failed.set(item_index, itemResult(record(xproxy_result), retryAfterMs));
      }
    }
  }
  if (!isSuccess(status) && failed.size === 0) return undefined;
  // Pay-i may keep the other events of a batch that it rejects, and then says so.
  const isKept = typeof ingest_count === 'number' && ingest_count >= length - failed.size;
  const rest: SendResult =
    isSuccess(status) || isKept ? { kind: 'accepted' } : { kind: 'retry', reason, retryAfterMs };
  return Array.from({ length }, (_, index) => failed.get(index) ?? rest);
}

function itemResult(error: JsonRecord, retryAfterMs: number): SendResult {
  const { statusCode } = error;
  const code = codeOf(error);
  const reason = code ?? String(statusCode ?? 'not said');
  const status = Number(statusCode ?? 400);
  return status >= 500 || transientStatuses.has(status)
    ? { kind: 'retry', reason, retryAfterMs }
    : { kind: 'rejected', reason, code };
}
