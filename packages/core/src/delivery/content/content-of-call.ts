import {
  type CallContent,
  type CapturedContent,
  type CaptureOptions,
  mediaPlaceholder,
} from '../../call/capture.ts';
import type { Receipt } from '../../call/receipt.ts';
import { withoutCredentials } from '../../call/without-credentials.ts';
import { isPromiseLike } from '../../runtime.ts';
import { splitEvents } from '../../usage/split-events.ts';
import { fittingJson, fittingList } from './fitting-json.ts';
import { type FunctionCall, functionCallsOf } from './function-calls.ts';
import { withoutInlineMedia } from './inline-media.ts';
import { withoutSecrets } from './without-secrets.ts';

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

/** What of its content is delivered of a call. */
export interface DeliveredContent {
  readonly members: ContentMembers;
  /** Go among the properties of the event. */
  readonly properties: Readonly<Record<string, string>>;
}

/** Thrown by {@link contentOfCall}: the application's redactor failed, which is not a fault of this library. */
export class RedactorFailure extends Error {}

const defaultMaxBytes = 65_536;

/**
 * What was asked for of a call, without media, redacted, and no longer than asked for.
 *
 * @throws {@link RedactorFailure} the redactor threw, or did not return content.
 */
export function contentOfCall(content: CallContent, receipt: Receipt): DeliveredContent {
  const { options } = content;
  const captured = capturedContent(content, receipt);
  const kept = options.redact === undefined ? captured : redacted(options.redact, captured, receipt);
  if (kept === null) return { members: {}, properties: {} };
  return encode(kept, content.isCut, options, receipt);
}

function capturedContent(content: CallContent, { properties }: Receipt): CapturedContent {
  const { request, answer, pieces, requestHeaders, responseHeaders, options } = content;
  const failure = options.answers === true ? properties['system.failure.description'] : undefined;
  const response = pieces.length > 0 ? pieces.flatMap(eventsOf) : parsed(answer);
  return {
    ...(request !== undefined && { request: parsed(request) }),
    ...(response !== undefined && { response }),
    ...(requestHeaders !== undefined && { requestHeaders: headersOf(requestHeaders) }),
    ...(responseHeaders !== undefined && { responseHeaders: headersOf(responseHeaders) }),
    ...(failure !== undefined && { failure: withoutSecrets(failure) }),
  };
}

/** The AWS SDK has numbers among its values. */
function headersOf(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, withoutSecrets(String(value))]),
  );
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
    // Text, as a proxy in between may answer; or bytes that are none.
    if (/[\0\uFFFD]/.test(content)) return mediaPlaceholder;
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
    // Its rejection is nobody's, and must not end the process.
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
  receipt: Receipt,
): DeliveredContent {
  const members: ContentMembers = {};
  const properties: Record<string, string> = {};
  let isCut = wasCut;
  const fit = <Json>(fitted: {
    readonly json: Json | undefined;
    readonly isCut: boolean;
  }): Json | undefined => {
    isCut ||= fitted.isCut;
    return fitted.json;
  };
  try {
    const { request, response, requestHeaders, responseHeaders, failure } = kept;
    const requestJson = fit(fittingJson(request, maxBytes));
    if (requestJson !== undefined) members.provider_request_json = requestJson;
    const responseJson = Array.isArray(response)
      ? fit(fittingList(response, maxBytes))
      : fit(fittingJson(response, maxBytes));
    if (responseJson !== undefined) members.provider_response_json = responseJson;
    if (isObject(requestHeaders)) members.provider_request_headers = headerList(requestHeaders);
    if (isObject(responseHeaders)) members.provider_response_headers = headerList(responseHeaders);
    const calls = withArguments(receipt.toolCalls, functionCallsOf(response), maxBytes);
    if (calls !== undefined) members.provider_response_function_calls = calls;
    if (typeof failure === 'string') properties['system.failure.description'] = failure.slice(0, 500);
  } catch (cause) {
    // Only what a redactor made can be impossible to encode: the rest was JSON.
    throw redact === undefined ? cause : new RedactorFailure('capture.redact returned no JSON', { cause });
  }
  if (isCut) properties['system.capture.cut'] = 'true';
  return { members, properties };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Once more without credentials, whatever a redactor added. */
function headerList(headers: Readonly<Record<string, string>>): HeaderInfo[] {
  return Object.entries(withoutCredentials(headers)).flatMap(([name, value]) =>
    name !== '' && typeof value === 'string' ? { name, value: withoutSecrets(value) } : [],
  );
}

/** The calls that the receipt knows, each with the arguments of the first one of its name that is not taken yet. */
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
