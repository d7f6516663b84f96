import { ConfigurationError } from '../errors.ts';
import { decodeText } from '../runtime.ts';
import { placeholder, withoutCredentials } from '../secrets/secrets.ts';
import { type AnyHeaders, recordOf } from '../web.ts';
import type { Receipt } from './receipt.ts';

/** Content of one call, as structured data: a copy of its own, for a redactor to change or to replace. */
export interface CapturedContent {
  /** The request's body: JSON, parsed; the fields of a form; text, where it is neither. */
  readonly request?: unknown;
  /** The answer's body, parsed in the same way; for a stream the list of its events. */
  readonly response?: unknown;
  /** Names in lower case. Those that carry credentials, cookies or signatures are gone already. */
  readonly requestHeaders?: Readonly<Record<string, string>>;
  readonly responseHeaders?: Readonly<Record<string, string>>;
  /** What the error of a failed call says. Providers quote prompts in it. */
  readonly failure?: string;
}

/** What of their content the events of route `direct` carry. Nothing of it is in an event unless asked for here. */
export interface CaptureOptions {
  /** The request's body: prompts, definitions of tools, parameters. */
  readonly prompts?: boolean | undefined;
  /** The answer's body, arguments of the tools it calls, and the message of an error. */
  readonly answers?: boolean | undefined;
  /** Headers of request and answer. Never those that carry credentials, cookies or signatures. */
  readonly headers?: boolean | undefined;
  /**
   * Last word on what leaves the process: gets the content of a call and returns what of it may be delivered, `null` for
   * none. Runs after the call has ended, between the steps of the application, and must not be asynchronous. Pictures,
   * sound and other inline media are replaced by `<not_instrumented>` before.
   *
   * If it throws, or returns anything else, the event goes without content, and you get diagnostic `CALLBACK_FAILED`.
   */
  readonly redact?: ((content: CapturedContent, receipt: Receipt) => CapturedContent | null) | undefined;
  /**
   * Longest request and longest answer in an event, as bytes of JSON. Texts in longer ones are cut, and property
   * `system.capture.cut` is set. At least 256.
   *
   * @default 65_536
   */
  readonly maxBytes?: number | undefined;
}

const shortestLimit = 256;
const everything: CaptureOptions = /* @__PURE__ */ Object.freeze({
  prompts: true,
  answers: true,
  headers: true,
});

/**
 * @param capture - The option of `createPayi()`.
 * @returns Begins to keep the content of one call; `undefined` when the option asks for no content.
 * @throws {@link ConfigurationError} the option is malformed.
 */
export function captureCalls(capture: unknown): (() => CallContent) | undefined {
  const options = parseCapture(capture);
  return options && (() => new CallContent(options));
}

function parseCapture(capture: unknown): CaptureOptions | undefined {
  if (capture === undefined || capture === false) return undefined;
  if (capture === true) return everything;
  const options = { ...(capture as CaptureOptions) };
  const { prompts, answers, headers, redact, maxBytes = shortestLimit, ...unknown } = options;
  const flags: readonly unknown[] = [prompts, answers, headers];
  if (
    typeof capture !== 'object' ||
    capture === null ||
    // One of them may be a redactor whose name is misspelt.
    Object.keys(unknown).length > 0 ||
    flags.some((flag) => flag !== undefined && typeof flag !== 'boolean') ||
    (redact !== undefined && typeof redact !== 'function') ||
    !(maxBytes >= shortestLimit)
  ) {
    throw new ConfigurationError(
      'capture must be a boolean, or an object of prompts, answers, headers (booleans), redact (a function) and ' +
        `maxBytes (${shortestLimit} or more)`,
    );
  }
  return options;
}

/** Longer requests and answers are not kept. 16 MiB hold a prompt with some pictures. */
const maxKept = 16_777_216;

/** Raw content of one call. It is parsed when the call is reported. */
export interface KeptContent {
  /** Text, or the fields of a form. */
  request?: unknown;
  requestHeaders?: Readonly<Record<string, string>>;
  responseHeaders?: Readonly<Record<string, string>>;
  /** JSON, as a rule. */
  answer?: string | undefined;
  /** Pieces of a streamed answer: JSON of one event each, or blocks of server-sent events. */
  readonly pieces: string[];
  /** Something was too long to be kept. */
  isCut: boolean;
}

/** Keeps of one call, while it runs, what the options ask for. No method throws. */
export class CallContent {
  readonly options: CaptureOptions;
  kept: KeptContent = { pieces: [], isCut: false };
  #length = 0;

  constructor(options: CaptureOptions) {
    this.options = options;
  }

  /** An attempt is about to leave. The last one counts. */
  sent(body: unknown, headers: AnyHeaders): void {
    this.clear();
    if (this.options.headers) this.kept.requestHeaders = withoutCredentials(recordOf(headers));
    if (this.options.prompts) this.kept.request = this.#textOf(body) ?? formOf(body);
  }

  /** An attempt was answered. */
  answered(headers: AnyHeaders): void {
    if (this.options.headers) this.kept.responseHeaders = withoutCredentials(recordOf(headers));
  }

  /** A whole answer. */
  whole(body: unknown): void {
    if (this.options.answers) this.kept.answer = this.#textOf(body);
  }

  /** A piece of a streamed answer. An object is encoded at once, because its owner may change it. */
  piece(event: unknown): void {
    if (!this.options.answers || this.#length > maxKept) return;
    const text = this.#textOf(event) ?? toJson(event) ?? '';
    this.#length += text.length;
    if (this.#length > maxKept) this.kept.isCut = true;
    else if (text) this.kept.pieces.push(text);
  }

  /** Forgets all: the receipt lives as long as the response, and the content must not. */
  clear(): void {
    this.kept = { pieces: [], isCut: false };
    this.#length = 0;
  }

  #textOf(body: unknown): string | undefined {
    if (typeof body !== 'string' && !(body instanceof Uint8Array)) return undefined;
    if (body.length <= maxKept) return typeof body === 'string' ? body : decodeText(body);
    this.kept.isCut = true;
    return undefined;
  }
}

/** The fields of a form; `undefined` for anything else. */
function formOf(body: unknown): Record<string, unknown> | undefined {
  const form = body as { entries?(): Iterable<readonly [string, unknown]> } | null | undefined;
  if (typeof form?.entries !== 'function') return undefined;
  const fields: Record<string, unknown> = {};
  for (const [name, value] of form.entries()) {
    fields[name] = typeof value === 'string' ? value : placeholder;
  }
  return fields;
}

function toJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, function (this: Record<string, unknown>, name, member: unknown) {
      // A `Buffer` has been made an object of numbers before it gets here.
      return this[name] instanceof Uint8Array ? placeholder : member;
    });
  } catch {
    return undefined;
  }
}
