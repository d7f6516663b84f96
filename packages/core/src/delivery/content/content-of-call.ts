import type { CallContent } from '../../call/capture.ts';
import type { Receipt } from '../../call/receipt.ts';
import { isPromiseLike } from '../../runtime.ts';
import { placeholder, withoutCredentials } from '../../secrets/secrets.ts';
import type { CapturedContent, CaptureOptions } from '../../settings/capture-options.ts';
import { known } from '../../usage/json.ts';
import { splitEvents } from '../../usage/split-events.ts';
import { fittingJson, fittingList } from './fitting-json.ts';
import { type FunctionCall, functionCallsOf } from './function-calls.ts';
import { withoutInlineMedia } from './inline-media.ts';

/** Members of an event that hold content. */
export interface ContentMembers {
  provider_request_json?: string;
  provider_request_headers?: HeaderInfo[];
  provider_response_json?: string | string[];
  provider_response_headers?: HeaderInfo[];
  provider_response_function_calls?: FunctionCall[];
}

export interface HeaderInfo {
  name: string;
  value: string;
}

/** The captured content of one call, ready for its event. */
export interface DeliveredContent {
  readonly members: ContentMembers;
  /** For the properties of the event. */
  readonly properties: Readonly<Record<string, string>>;
}

/** The application's redactor failed, which is not a fault of this library. */
export class RedactorFailure extends Error {}

const defaultMaxBytes = 65_536;

/**
 * The content that the options ask for: without media and credentials, redacted, and no longer than they allow.
 *
 * @throws {@link RedactorFailure} the redactor threw or returned no content.
 */
export function contentOfCall(content: CallContent, receipt: Receipt): DeliveredContent {
  const { options } = content;
  const captured = capturedContent(content, receipt);
  const kept = options.redact === undefined ? captured : redacted(options.redact, captured, receipt);
  if (kept === null) return { members: {}, properties: {} };
  return encode(kept, content.kept.isCut, options, receipt);
}

function capturedContent(content: CallContent, { properties }: Receipt): CapturedContent {
  const { request, answer, pieces, requestHeaders, responseHeaders } = content.kept;
  const failure = content.options.answers ? properties['system.failure.description'] : undefined;
  return known({
    request: parsed(request),
    response: pieces.length > 0 ? pieces.flatMap(eventsOf) : parsed(answer),
    requestHeaders: requestHeaders && { ...requestHeaders },
    responseHeaders: responseHeaders && { ...responseHeaders },
    failure,
  });
}

/** A piece is the JSON of one event, or a block of server-sent events. */
function eventsOf(piece: string): unknown[] {
  if (piece.startsWith('{')) return [parsed(piece)];
  return splitEvents(piece).flatMap(({ data }) => (data === '' || data === '[DONE]' ? [] : [parsed(data)]));
}

function parsed(content: unknown): unknown {
  if (content === '') return undefined;
  if (typeof content !== 'string') return withoutInlineMedia(content);
  let value: unknown = content;
  try {
    value = JSON.parse(content);
  } catch {
    // Not JSON: plain text, from a proxy perhaps, or binary data.
    if (/[\0\uFFFD]/.test(content)) return placeholder;
  }
  return withoutInlineMedia(value);
}

function redacted(
  redact: NonNullable<CaptureOptions['redact']>,
  captured: CapturedContent,
  receipt: Receipt,
): CapturedContent | null {
  let kept: unknown;
  let isPromise: boolean;
  try {
    kept = redact(captured, receipt);
    isPromise = isPromiseLike(kept);
    // A rejection that nobody handles would end the process.
    if (isPromise) (kept as PromiseLike<unknown>).then(undefined, () => {});
  } catch (cause) {
    throw new RedactorFailure('capture.redact failed', { cause });
  }
  if (kept === null) return null;
  if (typeof kept !== 'object' || isPromise) {
    throw new RedactorFailure('capture.redact has to return the content to deliver, or null');
  }
  return kept as CapturedContent;
}

function encode(
  kept: CapturedContent,
  wasCut: boolean,
  { maxBytes = defaultMaxBytes, redact }: CaptureOptions,
  { toolCalls }: Receipt,
): DeliveredContent {
  const { response, failure } = kept;
  try {
    const requestFit = fittingJson(kept.request, maxBytes);
    const responseFit = Array.isArray(response)
      ? fittingList(response, maxBytes)
      : fittingJson(response, maxBytes);
    const isCut = wasCut || requestFit.isCut || responseFit.isCut;
    return {
      members: known({
        provider_request_json: requestFit.json,
        provider_response_json: responseFit.json,
        provider_request_headers: headerList(kept.requestHeaders),
        provider_response_headers: headerList(kept.responseHeaders),
        provider_response_function_calls: withArguments(toolCalls, functionCallsOf(response), maxBytes),
      }),
      properties: {
        ...(typeof failure === 'string' && { 'system.failure.description': failure.slice(0, 500) }),
        ...(isCut && { 'system.capture.cut': 'true' }),
      },
    };
  } catch (cause) {
    // The content was JSON before. Only a redactor can have changed that.
    throw redact === undefined ? cause : new RedactorFailure('capture.redact returned no JSON', { cause });
  }
}

/** Removes credentials once more: a redactor may have added some, or values that are no text. */
function headerList(headers: unknown): HeaderInfo[] | undefined {
  if (typeof headers !== 'object' || headers === null) return undefined;
  const texts = Object.entries(headers).filter(([name, value]) => name !== '' && typeof value === 'string');
  return Object.entries(withoutCredentials(Object.fromEntries(texts))).map(([name, value]) => ({
    name,
    value,
  }));
}

/** Pairs each tool name of the receipt with the first unused call of that name in the content. */
function withArguments(
  names: readonly string[],
  calls: FunctionCall[],
  maxBytes: number,
): FunctionCall[] | undefined {
  if (calls.length === 0) return undefined;
  return names.map((name) => {
    const index = calls.findIndex((call) => call.name === name);
    const [call] = index === -1 ? [] : calls.splice(index, 1);
    return call?.arguments !== undefined && call.arguments.length <= maxBytes ? call : { name };
  });
}
