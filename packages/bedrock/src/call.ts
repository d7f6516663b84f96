import {
  annotateCall,
  type Registration as CoreRegistration,
  categories,
  Observation,
} from '@payi/core/adapter';
import type { ProxyTarget } from './address.ts';
import { checkExtraHeaders } from './check-extra-headers.ts';
import type { MiddlewareArguments } from './client.ts';

/** The settings of one call of `registerBedrockClientCallbacks()`. */
export interface Registration extends CoreRegistration {
  readonly operations: ReadonlySet<string>;
  /** On route `proxy` only. */
  readonly proxy: ProxyTarget | undefined;
}

/** The registration in force for an operation: the oldest one that names it. */
export function findRegistration(
  registrations: ReadonlySet<Registration>,
  operation: string,
): Registration | undefined {
  for (const registration of registrations) {
    if (registration.operations.has(operation)) return registration;
  }
  return undefined;
}

/** One call of a registered operation, from `send()` to its outcome, across all attempts. */
export interface Call {
  readonly operation: string;
  readonly registration: Registration;
  /** Defaults and `extraHeaders`, merged. Added to every attempt. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names of those headers that carry no annotation. */
  readonly others: readonly string[];
  readonly observation: Observation;
  /** `content-length` while it is kept from the signer. */
  contentLength: string | undefined;
  /** Headers of the last answer, names in lower case. */
  responseHeaders: Readonly<Record<string, string>>;
  /** Closes the connection of the answer's event stream. */
  closeStream: () => void;
}

/**
 * The member by which the call travels among the arguments of middleware. The context object cannot carry it, because with
 * `cacheMiddleware: true` all calls share one context.
 */
const callKey = Symbol.for('@payi/bedrock.call');

const noHeaders: Readonly<Record<string, string>> = {};
const noNames: readonly string[] = [];
const nothing = (): void => {};

/** @throws `PayiError` when `extraHeaders` cannot be sent. Nothing has left the process then. */
export function beginCall(
  operation: string,
  registration: Registration,
  { extraHeaders, modelId }: Readonly<Record<string, unknown>>,
): Call {
  const { payi, callbacks } = registration;
  const given = extraHeaders === undefined ? undefined : checkExtraHeaders(extraHeaders);
  const { headers, others = noNames, annotations } = annotateCall(payi, given);
  const resource = typeof modelId === 'string' ? modelId : '';
  const category = categories.awsBedrock;
  return {
    operation,
    registration,
    headers,
    others,
    observation: new Observation({ category, operation, resource, annotations }, payi, callbacks),
    contentLength: undefined,
    responseHeaders: noHeaders,
    closeStream: nothing,
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
