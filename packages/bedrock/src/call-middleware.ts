// Only the AWS SDK shows the input of a call to middleware alone.
import { InvalidAnnotationError, isPayiError, UnregisteredOperationError } from '@payi/core/adapter';
import { observeOutput } from './answer.ts';
import { Call, type Registration } from './call.ts';
import { callKey } from './carried-call.ts';
import type { Handler, HandlerContext, MiddlewareArguments, MiddlewareResult } from './client.ts';
import { findRegistration, operationOfCommand, registeredNames } from './operations.ts';

export { handleAttempt } from './attempt.ts';
export { senderFor } from './send-to-payi.ts';
export { handleSigning } from './signing-middleware.ts';

/**
 * Removes `extraHeaders` from the input, opens or refuses the call before anything is sent, and observes its outcome.
 *
 * Like the other handlers, not `async`: an async function costs 0.35 kB per call (measured: bench/cost).
 */
export function handleCall(
  registrations: readonly Registration[],
  next: Handler,
  context: HandlerContext,
  args: MiddlewareArguments,
): Promise<MiddlewareResult> {
  let call: Call | undefined;
  try {
    call = openCall(registrations, context, args);
  } catch (error) {
    return Promise.reject(error);
  }
  return call === undefined ? next(args) : observe(call, args.input, next(withCall(args, call)));
}

function observe(
  call: Call,
  input: Readonly<Record<string, unknown>>,
  result: Promise<MiddlewareResult>,
): Promise<MiddlewareResult> {
  return result.then(
    (answered) => {
      observeOutput(call, input, answered.output);
      return answered;
    },
    (error) => {
      // Without an attempt nothing has left the process, and there is nothing to record.
      if (call.observation.attempts > 0) call.observation.fail(error);
      else call.observation.neverLeft();
      throw error;
    },
  );
}

function withCall(args: MiddlewareArguments, call: Call): MiddlewareArguments {
  return { ...args, input: inputOf(args.input, call), [callKey]: call } as MiddlewareArguments;
}

/** The input as AWS is to get it. A copy if it differs, so that the caller's object stays as it is. */
function inputOf(input: Record<string, unknown>, { metadata }: Call): Record<string, unknown> {
  if (!('extraHeaders' in input) && metadata === undefined) return input;
  const added = metadata === undefined ? {} : { requestMetadata: metadata };
  const prototype: unknown = Object.getPrototypeOf(input);
  if (prototype === Object.prototype) {
    const { extraHeaders: _, ...rest } = input;
    return { ...rest, ...added };
  }
  const { extraHeaders: _, ...members } = {
    ...Object.getOwnPropertyDescriptors(input),
    ...Object.getOwnPropertyDescriptors(added),
  };
  return Object.create(prototype as object, members) as Record<string, unknown>;
}

/**
 * Throws the caller's errors. A fault of ours is reported.
 *
 * @returns `undefined` for a call that goes on without us.
 */
function openCall(
  registrations: readonly Registration[],
  { commandName = '' }: HandlerContext,
  { input }: MiddlewareArguments,
): Call | undefined {
  const operation = operationOfCommand(commandName);
  const registration = findRegistration(registrations, operation);
  if (input.extra_headers !== undefined) {
    // The SDK would ignore it, and send the call without annotations.
    throw new InvalidAnnotationError('extra_headers', 'is what Python calls it: here it is extraHeaders');
  }
  if (registration === undefined) {
    if (input.extraHeaders === undefined) return undefined;
    throw new UnregisteredOperationError(
      operation,
      registeredNames(registrations),
      `registerBedrockClientCallbacks(client, '${operation}')`,
    );
  }
  try {
    return new Call(operation, registration, input);
  } catch (cause) {
    if (isPayiError(cause)) throw cause;
    registration.payi.report({
      code: 'INTERNAL_FAULT',
      message: `annotations of ${operation} could not be read and were left out`,
      operation,
      cause,
    });
    return undefined;
  }
}
