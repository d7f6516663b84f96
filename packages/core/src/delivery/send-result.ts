import { type JsonRecord, record, records } from '../usage/json.ts';

/** Try again later. The event may have arrived. */
export interface Retry {
  readonly kind: 'retry';
  readonly reason: string;
  readonly retryAfterMs: number;
  /** The event cannot have arrived. */
  readonly isUnsent?: boolean;
}

/** What became of one event that was sent. */
export type SendResult =
  /** Pay-i has it. `answer` holds the result of the call, where the endpoint gives one; `warnings` are ours. */
  | { readonly kind: 'accepted'; readonly answer?: unknown; readonly warnings?: readonly string[] }
  | Retry
  /** A retry would not help. `isKept`: the event is not at fault. `isTooLarge`: a shorter event may be accepted. */
  | {
      readonly kind: 'rejected';
      readonly reason: string;
      readonly isKept: boolean;
      readonly isTooLarge: boolean;
    };

/** An answer of Pay-i, or of something in between. */
export interface IngestAnswer {
  /** 0: no answer came. */
  readonly status: number;
  readonly retryAfterMs: number;
  readonly body: unknown;
  /** For people. Quotes nothing of the event. */
  readonly reason: string;
}

const transientStatuses: ReadonlySet<number> = new Set([408, 409, 425, 429]);

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

export function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}

/** Whether the endpoint does not exist. A 404 may also be about a use case, a category or a limit of an event. */
export function isMissing({ status, body }: IngestAnswer): boolean {
  return (
    status === 405 ||
    (status === 404 && !/^(?:use_case|category|limit)\w*_not_found$/.test(codeOf(body) ?? ''))
  );
}

export function codeOf(body: unknown): string | undefined {
  const { code } = record(record(body).xproxy_error);
  return typeof code === 'string' ? code : undefined;
}

export function resultOf({ status, reason, retryAfterMs, body }: IngestAnswer): SendResult {
  if (isSuccess(status)) return { kind: 'accepted', answer: body };
  if (status === 0 || isRedirect(status) || status >= 500 || transientStatuses.has(status)) {
    return { kind: 'retry', reason, retryAfterMs };
  }
  return rejected(reason, status === 401 || status === 403, status === 413);
}

export function rejected(reason: string, isKept = false, isTooLarge = false): SendResult {
  return { kind: 'rejected', reason, isKept, isTooLarge };
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
  const reason = codeOf(error) ?? String(statusCode ?? 'not said');
  const status = Number(statusCode ?? 400);
  // An event with an error is not accepted, whatever its status says.
  return isSuccess(status) ? rejected(reason) : resultOf({ status, retryAfterMs, body: undefined, reason });
}
