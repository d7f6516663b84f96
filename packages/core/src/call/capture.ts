import { decodeText } from '../runtime.ts';
import { placeholder, withoutCredentials } from '../secrets/secrets.ts';
import type { CaptureOptions } from '../settings/capture-options.ts';
import { type AnyHeaders, recordOf } from '../web.ts';

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
