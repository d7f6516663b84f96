import type { Annotations } from '../annotations/annotations.ts';
import type { Category } from '../annotations/categories.ts';
import type { AnnotatedHeaders } from '../call/annotate-call.ts';
import { Observation } from '../call/observation.ts';
import { decodeText, joinBytes, keepRecent, now } from '../runtime.ts';
import type { ResolvedPayi } from '../settings/resolved-payi.ts';
import { type BatchLine, readBatchLine } from '../usage/batch-line.ts';
import { parseBrief, parseJson, record, records, text } from '../usage/json.ts';
import type { ReadResult, WebReader, WebResponse, WebSignal } from '../web.ts';
import type { FetchRequest } from './attempt.ts';
import { observeBody } from './observe-body.ts';
import { isStream, readerOf, withBody } from './observe-events.ts';
import { ObservedStream, UnderlyingSource } from './observed-stream.ts';

/** A request that submits or lists batches, or gets a state or results. */
interface BatchRequest {
  readonly category: Category;
  readonly base: string;
  /** The id of the batch, or of the file, whose results the request gets. */
  readonly resultsId: string | undefined;
  /** Only of a submission, or of a request for results. */
  readonly annotated: AnnotatedHeaders | undefined;
  readonly request: BegunRequest;
}

type BegunRequest = FetchRequest & { readonly signal?: WebSignal | null | undefined };

/** A file with results. */
interface ResultsFile {
  readonly batchId: string;
  /** The path that all requests of the batch are for. */
  readonly endpoint: string | undefined;
}

/** What is remembered of batches, for all clients of one `Payi`. */
interface Memory {
  /** Annotations by the id of the batch. */
  readonly submitted: Map<string, Annotations>;
  readonly files: Map<string, ResultsFile>;
  /** Lines that have been recorded. */
  readonly recorded: Map<string, true>;
}

const mostBatches = 1000;
/** As many as the largest batch has. */
const mostLines = 100_000;
/** Longer lines are not read. */
const longestLine = 16_777_216;
const lineFeed = 0x0a;
const openBrace = 0x7b;
/** How long reading results may wait in all, and how long while nothing is delivered. */
const longestWaitMs = 30_000;
const longestIdleMs = 1000;
/** The longest id of the provider or the caller that a property holds. */
const longestId = 256;

const memories = new WeakMap<ResolvedPayi, Memory>();

function memoryOf(payi: ResolvedPayi): Memory {
  const memory = memories.get(payi) ?? { submitted: new Map(), files: new Map(), recorded: new Map() };
  memories.set(payi, memory);
  return memory;
}

/**
 * Observes the answer to a request about a batch.
 *
 * @returns The response to hand on: the one given, or for results one that replaces it.
 */
export function observeBatch(response: WebResponse, batch: BatchRequest, payi: ResolvedPayi): WebResponse {
  const { ok, body } = response;
  if (!ok || body === null) return response;
  if (batch.resultsId === undefined) {
    observeState(response, batch, payi);
    return response;
  }
  if (!isStream(body)) throw new TypeError('results that do not come as a stream cannot be observed');
  const results = new Results(batch, batch.resultsId, payi);
  const inner = readerOf(body);
  try {
    return withBody(response, new ObservedStream(new ObservedLines(inner, results, payi)));
  } catch (cause) {
    // The caller gets the response that was given.
    inner.releaseLock();
    throw cause;
  }
}

function observeState(response: WebResponse, batch: BatchRequest, payi: ResolvedPayi): void {
  const { submitted, files } = memoryOf(payi);
  const { annotated } = batch;
  const observation = annotated && submission(response, batch, annotated, payi);
  const listener = {
    whole(body: { readonly value: unknown }) {
      const answer = record(body.value);
      const id = text(answer.id);
      if (observation !== undefined && id !== undefined) {
        keepRecent(submitted, id, observation.call.annotations, mostBatches);
        const model = text(answer.model);
        const properties = { 'system.batch.id': id.slice(0, longestId) };
        observation.read('body', { providerResponseId: id, properties, ...(model && { model }) });
      }
      observation?.settle('complete');
      for (const { id, endpoint, output_file_id, error_file_id } of [answer, ...records(answer.data)]) {
        const file = { batchId: text(id) ?? '', endpoint: text(endpoint) };
        for (const fileId of [text(output_file_id), text(error_file_id)]) {
          if (fileId !== undefined && file.batchId !== '') keepRecent(files, fileId, file, 2 * mostBatches);
        }
      }
    },
    broke: (error: unknown) => observation?.fail(error, 'partial'),
    dropped: () => observation?.settle('partial'),
    faulted(cause: unknown) {
      observation?.settle('partial');
      payi.report({ code: 'INTERNAL_FAULT', message: 'the state of a batch could not be read', cause });
    },
  };
  observeBody(response, observation ?? { attachTo() {} }, listener, true);
}

/** The record of a submission. It has no event: Pay-i gets one for each line of the results. */
function submission(
  response: WebResponse,
  { category, base, request }: BatchRequest,
  { annotations, warnings }: AnnotatedHeaders,
  payi: ResolvedPayi,
): Observation {
  const call = { category, operation: 'batches', resource: '', annotations, warnings };
  const observation = new Observation(call, { ...payi, delivery: undefined });
  observation.attempt({ ...request, body: undefined, providerUri: base });
  observation.answered(response);
  observation.attachTo(response);
  observation.warn('the answer is not whole: the batch is recorded when its results are read');
  warnOfRoute(observation, payi);
  return observation;
}

function warnOfRoute(observation: Observation, { route }: ResolvedPayi): void {
  if (route === 'direct') return;
  observation.warn(`route '${route}' does not report the results of batches to Pay-i: use route 'direct'`);
}

/** Records the lines of one answer. */
class Results {
  readonly #batch: BatchRequest;
  readonly #id: string;
  readonly #payi: ResolvedPayi;
  readonly #file: ResultsFile | undefined;
  readonly #batchId: string | undefined;
  readonly #annotations: Annotations;
  /** The file is unknown, and no result was read yet. */
  #mayBeOther: boolean;
  #unread = 0;
  #postponed = 0;
  #patienceMs = longestWaitMs;

  constructor(batch: BatchRequest, id: string, payi: ResolvedPayi) {
    const { submitted, files } = memoryOf(payi);
    this.#batch = batch;
    this.#id = id;
    this.#payi = payi;
    this.#file = files.get(id);
    const isFile = batch.request.url.includes('/files/');
    this.#batchId = isFile ? this.#file?.batchId : id;
    this.#mayBeOther = this.#batchId === undefined;
    this.#annotations = submitted.get(this.#batchId ?? '') ?? batch.annotated?.annotations ?? {};
  }

  /** Whether a line may begin with this byte. An unknown file may be anything, even one endless line. */
  mayBegin(byte: number | undefined): boolean {
    return !this.#mayBeOther || byte === undefined || byte === openBrace;
  }

  /**
   * @param json - `undefined` for a line that is too long.
   * @returns False if this is another kind of file.
   */
  read(json: Uint8Array | undefined): boolean {
    const line = json && readBatchLine(parseBrief(json), this.#file?.endpoint);
    if (json !== undefined && line !== undefined) this.#record(line, json);
    else if (this.#mayBeOther) return false;
    else this.#unread += 1;
    this.#mayBeOther = false;
    return true;
  }

  #record({ lineId, customId, operation, status, reading, failure }: BatchLine, json: Uint8Array): void {
    const { recorded } = memoryOf(this.#payi);
    const key = `${this.#id}.${lineId}`;
    if (recorded.has(key)) return;
    if (this.#fullness >= 1) {
      this.#postponed += 1;
      return;
    }
    keepRecent(recorded, key, true, mostLines);
    const { category, base, annotated, request } = this.#batch;
    const call = {
      category,
      operation,
      resource: '',
      annotations: this.#annotations,
      warnings: annotated?.warnings,
      // The same in every process, so that Pay-i sees which results are read twice.
      ...(/^[\w.-]{1,200}$/.test(key) && { eventId: `payi_${key}` }),
    };
    const observation = new Observation(call, this.#payi);
    observation.attempt({ ...request, headers: {}, body: undefined, providerUri: base });
    if (status !== undefined) observation.answered({ status, headers: {} });
    warnOfRoute(observation, this.#payi);
    const properties: Record<string, string> = {};
    if (this.#batchId) properties['system.batch.id'] = this.#batchId.slice(0, longestId);
    if (customId) properties['system.batch.custom_id'] = customId.slice(0, longestId);
    if (observation.content !== undefined) observation.content.whole(answerIn(decodeText(json)));
    observation.read('body', { properties });
    observation.read('body', { ...reading, serviceTier: 'batch' });
    if (failure === undefined) observation.settle('complete');
    else observation.fail(failure);
  }

  get #fullness(): number {
    return this.#payi.delivery?.fullness() ?? 0;
  }

  /**
   * Waits while the queue is more than half full: results come faster than their events can be delivered. Gives up
   * after a second in which none was delivered.
   */
  async makeRoom(): Promise<void> {
    const { delivery } = this.#payi;
    let idleSince = 0;
    // Idle time begins after the first wait, in which the code that delivers is loaded.
    let sent = -1;
    while (delivery !== undefined && this.#fullness > 0.5 && this.#patienceMs > 0) {
      const startedAt = now();
      await delivery.flush(50);
      if (this.#batch.request.signal?.aborted === true) return;
      const { sent: sentNow = 0 } = delivery.stats();
      if (sentNow > sent) idleSince = now();
      sent = sentNow;
      this.#patienceMs -= now() - startedAt;
      if (now() - idleSince > longestIdleMs) this.#patienceMs = 0;
    }
  }

  /** The lines have ended, or the reader left. */
  end(): void {
    if (this.#unread > 0) {
      this.#payi.report({
        code: 'INTERNAL_FAULT',
        message: `${this.#unread} line(s) in the results of a batch could not be read, and have no receipts`,
      });
    }
    if (this.#postponed > 0) {
      this.#payi.report({
        code: 'DELIVERY_FAILED',
        message:
          `${this.#postponed} line(s) in the results of a batch were not recorded, because the queue is full: read the ` +
          'results again when it is not',
      });
    }
  }
}

/** The answer of the model, for an event with content. */
function answerIn(json: string): string {
  const { response, result } = record(parseJson(json));
  return JSON.stringify(record(response).body ?? record(result).message);
}

/** Passes on the bytes of results as they come, and reads the lines in them. After a fault of ours, only passes them on. */
class ObservedLines extends UnderlyingSource {
  readonly #inner: WebReader;
  readonly #payi: ResolvedPayi;
  #results: Results | undefined;
  /** Of the line that has begun. */
  #pieces: Uint8Array[] = [];
  #length = 0;

  constructor(inner: WebReader, results: Results, payi: ResolvedPayi) {
    super();
    this.#inner = inner;
    this.#results = results;
    this.#payi = payi;
  }

  async read(): Promise<ReadResult> {
    try {
      const result = await this.#inner.read();
      if (result.done) {
        this.#guard(() => this.#endLine());
        this.#end();
        this.close();
      } else {
        this.#guard(() => this.#scan(result.value as Uint8Array));
        await this.#results?.makeRoom().catch(this.#onFault);
      }
      return result;
    } catch (error) {
      this.#end();
      this.fail(error);
      throw error;
    }
  }

  protected leave(reason: unknown): Promise<void> {
    this.#end();
    return this.#inner.cancel(reason);
  }

  #scan(chunk: Uint8Array): void {
    for (let start = 0; this.#results !== undefined; ) {
      const end = chunk.indexOf(lineFeed, start);
      const piece = chunk.subarray(start, end === -1 ? undefined : end);
      if (this.#length === 0 && !this.#results.mayBegin(piece[0])) this.#results = undefined;
      this.#length += piece.length;
      if (this.#length > longestLine) this.#pieces = [];
      // Copied, because the caller may change what it gets.
      else this.#pieces.push(end === -1 ? joinBytes([piece]) : piece);
      if (end === -1) return;
      this.#endLine();
      start = end + 1;
    }
  }

  #endLine(): void {
    const isTooLong = this.#length > longestLine;
    const [only, ...others] = this.#pieces;
    const line = only === undefined || others.length > 0 ? joinBytes(this.#pieces) : only;
    this.#pieces = [];
    this.#length = 0;
    const isBlank = !isTooLong && !line.some((byte) => byte > 0x20);
    if (!isBlank && this.#results?.read(isTooLong ? undefined : line) === false) this.#results = undefined;
  }

  #guard(look: () => void): void {
    if (this.#results === undefined) return;
    try {
      look();
    } catch (cause) {
      this.#onFault(cause);
    }
  }

  readonly #onFault = (cause: unknown): void => {
    this.#results = undefined;
    this.#payi.report({ code: 'INTERNAL_FAULT', message: 'results of a batch could not be read', cause });
  };

  #end(): void {
    this.#results?.end();
    this.#results = undefined;
  }
}
