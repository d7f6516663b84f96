// Only OpenAI has streams whose counts must be asked for in the body of the request.
import { findJsonMembers, type JsonSpan, parseSpan } from '@payi/core/adapter';

/** The parts of a request's body that are needed. Content is skipped. */
export interface RequestedAnswer {
  readonly model: string;
  readonly isStream: boolean;
  /** The body that also asks for usage, if a stream would lack it. */
  readonly withUsage: string | undefined;
}

/** `usage` is OpenRouter's own member, by which callers ask for counts. */
const members = ['model', 'stream', 'stream_options', 'usage'] as const;

/** @param canAskForUsage - Whether the body of a stream may be changed to ask for counts. */
export function readRequestBody(body: unknown, canAskForUsage: boolean): RequestedAnswer {
  if (typeof body === 'string') return readJson(body, canAskForUsage);
  const form = body as { get?(name: string): unknown } | null | undefined;
  if (typeof form?.get !== 'function') return { model: '', isStream: false, withUsage: undefined };
  return { model: textOf(form.get('model')), isStream: form.get('stream') === 'true', withUsage: undefined };
}

function readJson(body: string, canAskForUsage: boolean): RequestedAnswer {
  const found = findJsonMembers(body, members);
  const isStream = parseSpan(body, found.get('stream')) === true;
  return {
    model: textOf(parseSpan(body, found.get('model'))),
    isStream,
    withUsage:
      isStream && canAskForUsage && !found.has('usage')
        ? askForUsage(body, found.get('stream_options'))
        : undefined,
  };
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
