import type { Annotations } from '@payi/core';
import { annotateCall, Observation, reportMisplaced } from '@payi/core/adapter';
import { givenAnnotations } from './given-headers.ts';
import type { Registration } from './registration.ts';
import type { CallOptions } from './sdk.ts';

/** Pay-i's name of what is metered: `create()` and `stream()`, beta or not. */
export const operation = 'messages';

/** One call of the Messages API, from its first attempt to its end. */
export interface Call {
  readonly registration: Registration;
  readonly annotations: Annotations;
  /** What annotates each attempt. Empty on route `direct`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names of the annotation headers that the caller gave, in lower case: {@link headers} take their place. */
  readonly given: readonly string[];
  readonly observation: Observation;
  /** Ends the wait for another attempt. */
  stopWaiting: () => void;
}

const none: readonly string[] = [];
const nothing = (): void => {};

/** Is this a request for an answer of a model? Batches, token counts and models are not. */
export function isMessageCall({ method, path }: CallOptions): boolean {
  return (
    path.startsWith('/v1/messages') &&
    (path.length === 12 || path[12] === '?') &&
    method.toLowerCase() === 'post'
  );
}

/**
 * @param headers - Of the first attempt. Not changed.
 * @throws `PayiError` when an annotation among them cannot be read by Pay-i.
 */
export function openCall(registration: Registration, headers: Headers, { body, signal }: CallOptions): Call {
  const { payi, platform } = registration;
  const given = givenAnnotations(headers);
  if (given === undefined) reportMisplaced(payi, operation, headers);
  const annotated = annotateCall(payi, given);
  const model = (body as { model?: unknown } | null | undefined)?.model;
  const observation = new Observation(
    {
      category: platform.category,
      operation,
      resource: typeof model === 'string' ? platform.resourcePrefix + model : '',
      annotations: annotated.annotations,
    },
    payi,
  );
  // That of the helper which `messages.stream()` gives, or the caller's: it leads to the receipt where nothing else does.
  if (signal) observation.attachTo(signal);
  return {
    registration,
    ...annotated,
    given: given === undefined ? none : Object.keys(given),
    observation,
    stopWaiting: nothing,
  };
}
