import type { Observation } from '../call/observation.ts';
import { decodeText, joinBytes } from '../runtime.ts';
import { parseJson } from '../usage/json.ts';
import type { ReadResult, WebReader, WebResponse, WebStream } from '../web.ts';
import { ObservedStream, UnderlyingSource } from './observed-stream.ts';

/** The whole body of an answer. */
export class AnswerBody {
  readonly text: string;
  #value: unknown;

  constructor(text: string) {
    this.text = text;
  }

  /** The text, parsed on demand; `undefined` if it is not JSON. */
  get value(): unknown {
    this.#value ??= parseJson(this.text);
    return this.#value;
  }
}

/** Is told once how reading the body of an answer ended. Must not hold the response. */
export interface AnswerListener {
  /** Somebody read it to its end. */
  whole(body: AnswerBody): void;
  /** It broke off. */
  broke(error: unknown): void;
  /** Somebody closed it unread, or half read. */
  dropped(): void;
  /** One of these methods threw. */
  faulted(cause: unknown): void;
}

/** What is kept for a response and its clones. */
interface AnswerWatch {
  /** Attached to what `json()` returns, also for a clone. */
  readonly observation: Pick<Observation, 'attachTo'>;
  /** Removed when it is called, because it holds the attempt and its prompt. */
  listener: AnswerListener | undefined;
  readonly isText: boolean;
  readonly seesStream: boolean;
}

const watches = new WeakMap<object, AnswerWatch>();
/** The body of a response, once somebody has asked for it as a stream. */
const streams = new WeakMap<object, ObservedStream>();
/** Clone → what it was cloned from: the call stays open while either is alive. */
const origins = new WeakMap<object, object>();
const prototypes = new WeakMap<object, object>();

/**
 * Observes how the body of a response is read, and reads nothing itself. The response stays the same object with all its
 * members; a copy would be slower, lose its `url`, and have to be read early.
 *
 * @param seesStream - Whether to observe reading through `body`. This doubles the cost, even if an SDK gets `body` only to
 *   check whether it is locked.
 */
export function observeBody(
  response: WebResponse,
  observation: AnswerWatch['observation'],
  listener: AnswerListener,
  seesStream: boolean,
): void {
  const isText = /\b(json|text|xml)\b/i.test(response.headers.get('content-type') ?? '');
  observe(response, { observation, listener, isText, seesStream });
}

function observe(response: WebResponse, watch: AnswerWatch): void {
  const base = Object.getPrototypeOf(response) as WebResponse;
  let prototype = prototypes.get(base);
  if (prototype === undefined) {
    prototype = Object.setPrototypeOf(members(base), base) as object;
    prototypes.set(base, prototype);
  }
  watches.set(response, watch);
  Object.setPrototypeOf(response, prototype);
}

/** Calls the listener, once. Its errors do not reach the reader of the body. */
function heard(watch: AnswerWatch, tell: (listener: AnswerListener) => void): void {
  const { listener } = watch;
  watch.listener = undefined;
  if (listener === undefined) return;
  try {
    tell(listener);
  } catch (cause) {
    listener.faulted(cause);
  }
}

type Bytes = ArrayBuffer | Uint8Array;

/** Reports that the body was read to its end. */
function tellWhole<Body extends string | Bytes>(watch: AnswerWatch, body: Body): Body {
  heard(watch, (listener) => {
    listener.whole(new AnswerBody(typeof body === 'string' ? body : textOf(body, watch)));
  });
  return body;
}

/**
 * Runs before the body is read as a whole. Drops a stream that was created and not read: Anthropic's SDK only checks
 * whether the stream of each answer is locked. If the stream was read, the response itself refuses.
 *
 * @throws `TypeError` when somebody holds the stream.
 */
function takeWhole(response: object): void {
  const stream = streams.get(response);
  if (stream === undefined || ObservedStream.isUsed(stream)) return;
  if (stream.locked) throw new TypeError('Body is unusable: somebody reads its stream');
  streams.delete(response);
}

/** The members that read the body of a response, observed. Created once per class of response. */
function members(base: WebResponse): object {
  /** @param see - Receives what was read, and returns what the caller gets. */
  const reading = <Result>(
    name: 'text' | 'arrayBuffer' | 'bytes' | 'blob',
    see: (watch: AnswerWatch, result: Result) => unknown,
  ): unknown => {
    const plain = (base as unknown as Record<string, () => Promise<Result>>)[name];
    return (
      plain &&
      async function (this: WebResponse): Promise<unknown> {
        const watch = watches.get(this) as AnswerWatch;
        takeWhole(this);
        // Reading a used body fails, which says nothing about the answer.
        const isTaken = this.bodyUsed;
        let result: Result;
        try {
          result = await plain.call(this);
        } catch (error) {
          if (!isTaken) heard(watch, (listener) => listener.broke(error));
          throw error;
        }
        return see(watch, result);
      }
    );
  };

  return {
    text: reading('text', tellWhole<string>),
    json: reading('text', (watch, text: string) => {
      const body = new AnswerBody(text);
      heard(watch, (listener) => listener.whole(body));
      const value: unknown = body.value ?? JSON.parse(text);
      watch.observation.attachTo(value);
      return value;
    }),
    arrayBuffer: reading('arrayBuffer', tellWhole<ArrayBuffer>),
    bytes: reading('bytes', tellWhole<Uint8Array>),
    blob: reading('blob', (watch, blob: { arrayBuffer(): Promise<ArrayBuffer> }) => {
      blob.arrayBuffer().then(
        (bytes) => tellWhole(watch, bytes),
        (error: unknown) => heard(watch, (listener) => listener.broke(error)),
      );
      return blob;
    }),
    clone(this: WebResponse): WebResponse {
      takeWhole(this);
      const copy = base.clone.call(this);
      observe(copy, watches.get(this) as AnswerWatch);
      origins.set(copy, this);
      return copy;
    },
    get body(): WebStream | null {
      const response = this as unknown as WebResponse;
      const known = streams.get(response);
      if (known !== undefined) return known;
      const body = Reflect.get(base, 'body', response) as WebStream | null;
      const watch = watches.get(response) as AnswerWatch;
      if (!watch.seesStream) return body;
      // Not a web stream, or read already: nothing to observe.
      if (typeof body?.getReader !== 'function' || body.locked || response.bodyUsed) return body;
      const stream = new ObservedStream(new ObservedBody(body, watch));
      streams.set(response, stream);
      return stream;
    },
  };
}

/** Keeps the chunks until the end, because an answer that is not an event stream is read as a whole. */
class ObservedBody extends UnderlyingSource {
  readonly #body: WebStream;
  readonly #watch: AnswerWatch;
  readonly #chunks: Uint8Array[] = [];
  #inner: WebReader | undefined;

  constructor(body: WebStream, watch: AnswerWatch) {
    super();
    this.#body = body;
    this.#watch = watch;
  }

  async read(): Promise<ReadResult> {
    this.#inner ??= this.#body.getReader();
    const watch = this.#watch;
    try {
      const result = await this.#inner.read();
      if (result.done) {
        tellWhole(watch, joinBytes(this.#chunks));
        this.close();
      } else if (watch.isText && watch.listener !== undefined) {
        this.#chunks.push(joinBytes([result.value as Uint8Array]));
      }
      return result;
    } catch (error) {
      heard(watch, (listener) => listener.broke(error));
      this.fail(error);
      throw error;
    }
  }

  protected leave(reason: unknown): Promise<void> {
    heard(this.#watch, (listener) => listener.dropped());
    this.#inner ??= this.#body.getReader();
    return this.#inner.cancel(reason);
  }
}

function textOf(bytes: Bytes, { isText }: AnswerWatch): string {
  return isText ? decodeText(bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes)) : '';
}
