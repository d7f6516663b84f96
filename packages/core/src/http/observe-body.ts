import { decodeText } from '../runtime.ts';
import { parseJson } from '../usage/json.ts';
import type { ReadResult, WebReader, WebResponse, WebStream } from '../web.ts';
import { joinBytes } from './join-bytes.ts';
import { ObservedStream, UnderlyingSource } from './observed-stream.ts';

/** The whole body of an answer. */
export class AnswerBody {
  readonly text: string;
  #parsed: { readonly value: unknown } | undefined;

  constructor(text: string, parsed?: { readonly value: unknown }) {
    this.text = text;
    this.#parsed = parsed;
  }

  /** Parsed on demand, and once; `undefined` for what is no JSON. */
  get value(): unknown {
    this.#parsed ??= { value: parseJson(this.text) };
    return this.#parsed.value;
  }
}

/** Hears what becomes of the body of an answer: one of these once, but {@link parsed}. Must not hold the response. */
export interface AnswerListener {
  /**
   * A reader gets the body parsed, as this object. As often as somebody does: clones are read, too. Is held as long as the
   * response, by itself.
   */
  readonly parsed: (value: unknown) => void;
  /** Somebody read it to its end. */
  whole(body: AnswerBody): void;
  /** It broke off. */
  broke(error: unknown): void;
  /** Somebody closed it unread, or half read. */
  dropped(): void;
}

/** Beside a response and its clones. */
interface AnswerWatch {
  readonly parsed: (value: unknown) => void;
  /** Taken away when it has heard something. */
  listener: AnswerListener | undefined;
  readonly isText: boolean;
  readonly seesStream: boolean;
}

const watches = new WeakMap<object, AnswerWatch>();
/** The body of a response, once somebody has asked for it as a stream. */
const streams = new WeakMap<object, ObservedStream>();
/** Clone → what it was cloned from: the record of a call stays open while either is there. */
const origins = new WeakMap<object, object>();
const prototypes = new WeakMap<object, object>();

/**
 * Looks on when the body of a response is read, in whatever way, and asks for nothing itself. The response stays the
 * object it is, with all its members; a copy would be slower, lose its `url`, and have to be read before its time.
 *
 * @param seesStream - Whether to look on when it is read through `body`. Costs as much as all the rest, and that for each
 *   answer, where an SDK asks for `body` only to know whether it is locked.
 */
export function observeBody(response: WebResponse, listener: AnswerListener, seesStream = true): void {
  const isText = /\b(json|text|xml)\b/i.test(response.headers.get('content-type') ?? '');
  observe(response, { parsed: listener.parsed, listener, isText, seesStream });
}

function observe(response: WebResponse, watch: AnswerWatch): void {
  const base = Object.getPrototypeOf(response) as object;
  let prototype = prototypes.get(base);
  if (prototype === undefined) {
    prototype = Object.create(base, members(base)) as object;
    prototypes.set(base, prototype);
  }
  watches.set(response, watch);
  Object.setPrototypeOf(response, prototype);
}

function heard(watch: AnswerWatch, tell: (listener: AnswerListener) => void): void {
  const { listener } = watch;
  watch.listener = undefined;
  if (listener !== undefined) tell(listener);
}

/**
 * Before the body is taken as a whole. Who asked for the stream may only have looked whether it is locked, as Anthropic's
 * SDK does with every answer: then it is forgotten. Of a stream that was read, nothing is left, and the response knows.
 *
 * @returns The error that it cannot be taken with, when somebody holds the stream.
 */
function takeWhole(response: object): TypeError | undefined {
  const stream = streams.get(response);
  if (stream === undefined || ObservedStream.isUsed(stream)) return undefined;
  if (stream.locked) return new TypeError('Body is unusable: somebody reads its stream');
  streams.delete(response);
  return undefined;
}

type Read = (this: object) => Promise<unknown>;

/** What a response has for reading its body, looked on. Made once for all responses of a kind. */
function members(base: object): PropertyDescriptorMap {
  const plain = (name: string): Read => (base as Record<string, Read>)[name] as Read;
  const { get: plainBody } = descriptor(base, 'body');

  /** @param see - Gets what was read; what it returns is what the caller gets. */
  const reading = (
    name: string,
    see: (result: never, watch: AnswerWatch) => unknown,
  ): PropertyDescriptor => ({
    configurable: true,
    writable: true,
    value(this: object): Promise<unknown> {
      const watch = watches.get(this) as AnswerWatch;
      const refused = takeWhole(this);
      if (refused !== undefined) return Promise.reject(refused);
      // A body that is taken already is refused, which says nothing about the answer.
      const isTaken = (this as WebResponse).bodyUsed;
      return plain(name === 'json' ? 'text' : name)
        .call(this)
        .then(
          (result) => see(result as never, watch),
          (error: unknown) => {
            if (!isTaken) heard(watch, (listener) => listener.broke(error));
            throw error;
          },
        );
    },
  });
  const seeText = (text: string, watch: AnswerWatch): string => {
    heard(watch, (listener) => listener.whole(new AnswerBody(text)));
    return text;
  };
  const seeBytes = (bytes: ArrayBuffer | Uint8Array, watch: AnswerWatch): unknown => {
    heard(watch, (listener) => listener.whole(new AnswerBody(textOf(bytes, watch))));
    return bytes;
  };

  return {
    text: reading('text', seeText),
    json: reading('json', (text: string, watch) => {
      let value: unknown;
      try {
        value = JSON.parse(text) as unknown;
      } catch (error) {
        seeText(text, watch);
        throw error;
      }
      heard(watch, (listener) => listener.whole(new AnswerBody(text, { value })));
      watch.parsed(value);
      return value;
    }),
    arrayBuffer: reading('arrayBuffer', seeBytes),
    ...(plain('bytes') && { bytes: reading('bytes', seeBytes) }),
    blob: reading('blob', (blob: { arrayBuffer(): Promise<ArrayBuffer> }, watch) => {
      void blob.arrayBuffer().then((bytes) => seeBytes(bytes, watch));
      return blob;
    }),
    clone: {
      configurable: true,
      writable: true,
      value(this: WebResponse): WebResponse {
        const refused = takeWhole(this);
        if (refused !== undefined) throw refused;
        const watch = watches.get(this) as AnswerWatch;
        const copy = (plain('clone') as unknown as (this: object) => WebResponse).call(this);
        observe(copy, watch);
        origins.set(copy, this);
        return copy;
      },
    },
    body: {
      configurable: true,
      get(this: WebResponse): WebStream | null {
        const known = streams.get(this);
        if (known !== undefined) return known;
        const body = plainBody?.call(this) as WebStream | null;
        const watch = watches.get(this) as AnswerWatch;
        if (!watch.seesStream) return body;
        // Not a web stream, or read already: nothing to look on at.
        if (typeof body?.getReader !== 'function' || body.locked || this.bodyUsed) return body;
        const stream = new ObservedStream(new ObservedBody(body, watch));
        streams.set(this, stream);
        return stream;
      },
    },
  };
}

/** Keeps the chunks until the end, because an answer that is no event stream is read as a whole. */
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
        heard(watch, (listener) => listener.whole(new AnswerBody(textOf(joinBytes(this.#chunks), watch))));
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

function textOf(bytes: ArrayBuffer | Uint8Array, { isText }: AnswerWatch): string {
  return isText ? decodeText(bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes)) : '';
}

function descriptor(object: object | null, name: string): PropertyDescriptor {
  if (object === null) return {};
  return Object.getOwnPropertyDescriptor(object, name) ?? descriptor(Object.getPrototypeOf(object), name);
}
