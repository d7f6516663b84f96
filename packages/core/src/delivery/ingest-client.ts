import { annotationRows } from '../annotations/annotation-rows.ts';
import { isPlainObject } from '../annotations/check-properties.ts';
import { itemNameOf } from './event-of-receipt.ts';
import { type IngestTarget, sendRequest } from './ingest-request.ts';
import { letProcessEnd } from './let-process-end.ts';
import { markDuplicate } from './mark-duplicate.ts';
import { batchResults, isMissing, resultOf, type SendResult } from './send-result.ts';
import { isScore, type OutgoingScore, sendScores } from './send-scores.ts';

/** An event to send. */
export interface OutgoingEvent extends OutgoingScore {
  /** It was sent before and may have arrived. */
  readonly isResend: boolean;
}

/** In order of preference. Every Pay-i has the last one. */
const endpoints = ['/api/v1/ingest/bulk-upsert', '/api/v1/ingest/bulk', '/api/v1/ingest'] as const;

/** Calls Pay-i's ingest API. A failed request is a result, not an error. */
export class IngestClient {
  readonly #target: IngestTarget;
  /** Index of the endpoint that the service has, as far as it is known. After a failure the first is tried again. */
  #endpoint = 0;
  readonly #newestScores = new Map<string, OutgoingScore>();

  constructor(target: IngestTarget) {
    this.#target = target;
    letProcessEnd(`${target.baseUrl}/api/v1/`);
  }

  /** @param events - Events of calls, or scores. @returns One result per event, in their order. */
  async send(events: readonly OutgoingEvent[]): Promise<readonly SendResult[]> {
    if (events.some(({ json }) => isScore(json))) return sendScores(this.#target, events, this.#newestScores);
    const results = this.#endpoint < 2 ? await this.#sendBatch(events) : await this.#sendSingly(events);
    if (results !== 'missing') {
      if (results.some(({ kind }) => kind === 'retry')) this.#endpoint = 0;
      return results;
    }
    this.#endpoint = (this.#endpoint + 1) % endpoints.length;
    if (this.#endpoint > 0) return this.send(events);
    const reason = `there is no ingest API at ${this.#target.baseUrl}`;
    return events.map(() => ({ kind: 'retry', reason, retryAfterMs: 0, isUnsent: true, isSetUp: true }));
  }

  /** Looks up the result of a call whose event was accepted. A 404 is a retry: the call may not be priced yet. */
  async lookUp(category: string, id: string): Promise<SendResult> {
    const event = `${encodeURIComponent(category)}/${encodeURIComponent(id)}`;
    const answer = await sendRequest(this.#target, 'GET', `/api/v1/requests/provider/${event}/result`);
    const { reason, retryAfterMs } = answer;
    return answer.status === 404 ? { kind: 'retry', reason, retryAfterMs } : resultOf(answer);
  }

  async #sendBatch(events: readonly OutgoingEvent[]): Promise<readonly SendResult[] | 'missing'> {
    // Only an upsert is sure to count a repeated event once.
    const isUpsert = this.#endpoint === 0;
    const items = events.map(({ json, isResend }) => (isResend && !isUpsert ? markDuplicate(json) : json));
    const answer = await sendRequest(this.#target, 'POST', this.#path, `[${items.join(',')}]`);
    if (isMissing(answer)) return 'missing';
    const results = batchResults(answer, events.length);
    if (results !== undefined) return results;
    const result = resultOf(answer);
    if (result.kind !== 'rejected' || events.length === 1) return events.map(() => result);
    // One event is bad, or the batch is too large: bisect to find out.
    const middle = events.length >> 1;
    return [...(await this.send(events.slice(0, middle))), ...(await this.send(events.slice(middle)))];
  }

  async #sendSingly(events: readonly OutgoingEvent[]): Promise<readonly SendResult[] | 'missing'> {
    const results: SendResult[] = [];
    for (const { json, isResend } of events) {
      const form = singleForm(isResend ? markDuplicate(json) : json);
      if (form === undefined) {
        results.push({ kind: 'rejected', reason: 'not readable' });
        continue;
      }
      const { body, headers, warnings } = form;
      const answer = await sendRequest(this.#target, 'POST', this.#path, body, headers);
      if (results.length === 0 && isMissing(answer)) return 'missing';
      const result = resultOf(answer);
      results.push(result.kind === 'accepted' ? { ...result, warnings } : result);
      if (result.kind === 'retry') break;
    }
    const last = results.at(-1) as SendResult;
    return events.map((_, index) => results[index] ?? { ...last, isUnsent: true });
  }

  get #path(): string {
    return endpoints[this.#endpoint] as string;
  }
}

/** A request for the endpoint of single events, which takes most annotations as headers. */
interface SingleForm {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Names the annotations that were left out, because a header cannot carry them. */
  readonly warnings: readonly string[];
}

/** @returns `undefined` for text that is not an event, as a journal may hold. */
function singleForm(json: string): SingleForm | undefined {
  try {
    return toSingleForm(JSON.parse(json));
  } catch {
    return undefined;
  }
}

/** Property bags are the only annotations that stay in the body. */
function toSingleForm(item: Readonly<Record<string, unknown>>): SingleForm {
  const body = { ...item };
  const headers: Record<string, string> = {};
  const warnings: string[] = [];
  for (const row of annotationRows) {
    const { headerName, encode } = row;
    const itemName = itemNameOf(row);
    if (itemName === null || isPlainObject(item[itemName])) continue;
    const value = item[itemName] ?? '';
    delete body[itemName];
    try {
      const text = value === '' ? '' : encode(value);
      if (text !== '') headers[headerName] = text;
    } catch (error) {
      warnings.push(`annotation left out: ${(error as Error).message}`);
    }
  }
  return { body: JSON.stringify(body), headers, warnings };
}
