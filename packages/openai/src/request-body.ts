// Only OpenAI has streams whose counts must be asked for in the body of the request.
import { findJsonMembers, type JsonSpan, parseSpan, type Reading, readOpenAIRequest } from '@payi/core/calls';

/** The parts of a request's body that are needed. Content is skipped. */
export interface RequestedAnswer {
  readonly model: string;
  /** What decides the price besides the model. */
  readonly asked: Reading;
  readonly isStream: boolean;
  /** The body that also asks for usage, if a stream would lack it. */
  readonly withUsage: string | undefined;
}

/** `usage` is OpenRouter's own member, by which callers ask for counts. */
const members = ['model', 'stream', 'stream_options', 'usage'] as const;

/**
 * @param asks - The members that decide the price besides the model.
 * @param canAskForUsage - Whether the body of a stream may be changed to ask for counts.
 */
export function readRequestBody(
  body: unknown,
  asks: readonly string[],
  canAskForUsage: boolean,
): RequestedAnswer {
  if (typeof body === 'string') return readJson(body, asks, canAskForUsage);
  const form = body as { get?(name: string): unknown } | null | undefined;
  const get = (name: string): unknown => (typeof form?.get === 'function' ? form.get(name) : undefined);
  return {
    model: textOf(get('model')),
    asked: readAsked(asks, get),
    isStream: get('stream') === 'true',
    withUsage: undefined,
  };
}

function readJson(body: string, asks: readonly string[], canAskForUsage: boolean): RequestedAnswer {
  const found = findJsonMembers(body, [...members, ...asks]);
  const get = (name: string): unknown => parseSpan(body, found.get(name));
  const isStream = get('stream') === true;
  return {
    model: textOf(get('model')),
    asked: readAsked(asks, get),
    isStream,
    withUsage:
      isStream && canAskForUsage && !found.has('usage')
        ? askForUsage(body, found.get('stream_options'))
        : undefined,
  };
}

function readAsked(asks: readonly string[], get: (name: string) => unknown): Reading {
  const asked: Record<string, unknown> = {};
  for (const name of asks) asked[name] = get(name);
  return readOpenAIRequest(asked);
}

/** Keeps the other options. `undefined` if the caller has set `include_usage`, or `stream_options` is malformed. */
function askForUsage(body: string, span: JsonSpan | undefined): string | undefined {
  const options = parseSpan(body, span) ?? {};
  if (typeof options !== 'object' || Array.isArray(options)) return undefined;
  if ('include_usage' in options) return undefined;
  const asked = JSON.stringify({ ...options, include_usage: true });
  if (span !== undefined) return body.slice(0, span.start) + asked + body.slice(span.end);
  return `${body.slice(0, body.lastIndexOf('}'))},"stream_options":${asked}}`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
