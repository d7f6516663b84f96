import type { Receipt } from '../call/receipt.ts';
import { ConfigurationError } from '../errors.ts';

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
 * @returns `undefined` when the option asks for no content.
 * @throws {@link ConfigurationError} the option is malformed.
 */
export function parseCapture(capture: unknown): CaptureOptions | undefined {
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
