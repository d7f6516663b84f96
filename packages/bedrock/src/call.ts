import { type Annotations, categories } from '@payi/core';
import { annotateCall, Observation } from '@payi/core/adapter';
import { checkExtraHeaders } from './check-extra-headers.ts';
import type { Registration } from './registry.ts';
import type { MiddlewareArguments } from './smithy.ts';

/** One call of a registered operation, from `send()` to its outcome, across all attempts. */
export interface Call {
  readonly operation: string;
  readonly registration: Registration;
  /** Defaults and `extraHeaders`, merged: what goes onto every attempt. */
  readonly headers: Readonly<Record<string, string>>;
  /** What {@link headers} say, defaults included. */
  readonly annotations: Annotations;
  readonly observation: Observation;
  /** `content-length` while it is kept from the signer. */
  contentLength: string | undefined;
  /** Headers of the last answer, names in lower case. */
  responseHeaders: Readonly<Record<string, string>>;
  /** Closes the connection that the answer's event stream comes by. */
  closeStream: () => void;
}

/**
 * The place of the call among the arguments that middleware hands on. The context object will not do: with
 * `cacheMiddleware: true` all calls share one.
 */
const callKey = Symbol.for('@payi/bedrock.call');

/** @throws `PayiError` when `extraHeaders` cannot be sent. Nothing has left the process then. */
export function beginCall(
  operation: string,
  registration: Registration,
  { extraHeaders, modelId }: Readonly<Record<string, unknown>>,
): Call {
  const { payi } = registration;
  const given = extraHeaders === undefined ? undefined : checkExtraHeaders(extraHeaders);
  const { headers, annotations } = annotateCall(payi, given);
  const resource = typeof modelId === 'string' ? modelId : '';
  return {
    operation,
    registration,
    headers,
    annotations,
    observation: new Observation({ category: categories.awsBedrock, operation, resource, annotations }, payi),
    contentLength: undefined,
    responseHeaders: {},
    closeStream: () => {},
  };
}

export function withCall(args: MiddlewareArguments, call: Call): MiddlewareArguments {
  return { ...args, input: withoutExtraHeaders(args.input), [callKey]: call } as MiddlewareArguments;
}

export function callOf(args: MiddlewareArguments): Call | undefined {
  return (args as { [callKey]?: Call })[callKey];
}

/** A copy of the input without the member, so that the caller's object stays as it is. */
function withoutExtraHeaders(input: Record<string, unknown>): Record<string, unknown> {
  if (!('extraHeaders' in input)) return input;
  const prototype: unknown = Object.getPrototypeOf(input);
  if (prototype === Object.prototype) {
    const { extraHeaders: _, ...rest } = input;
    return rest;
  }
  const { extraHeaders: _, ...members } = Object.getOwnPropertyDescriptors(input);
  return Object.create(prototype as object, members) as Record<string, unknown>;
}
