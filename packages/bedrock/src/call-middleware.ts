import { InvalidAnnotationError, isPayiError, UnregisteredOperationError } from '@payi/core';
import { beginCall, type Call, withCall } from './call.ts';
import { observeOutput } from './observe-output.ts';
import { findRegistration, operationsOf, type Registration, type Registry } from './registry.ts';
import type { HandlerContext, Middleware, MiddlewareOptions } from './smithy.ts';

/**
 * Once per call. `initialize` / `high` is as early as middleware can run: whatever else looks at the input, the SDK's
 * logger and serializer among it, looks at a copy without `extraHeaders`.
 */
export const callMiddlewareOptions: MiddlewareOptions = {
  name: 'payiCallMiddleware',
  step: 'initialize',
  priority: 'high',
  tags: ['PAYI'],
  override: true,
};

/**
 * Takes `extraHeaders` off the input and opens the call, or refuses it before anything is sent; observes its outcome.
 */
export function callMiddleware(registry: Registry): Middleware {
  return (next, context) => async (args) => {
    const operation = operationOf(context);
    const registration = findRegistration(registry, operation);
    const { extraHeaders, extra_headers } = args.input;
    if (extra_headers !== undefined) {
      // The SDK would pass over it, and the call go out without its annotations.
      throw new InvalidAnnotationError('extra_headers', 'is what Python calls it: here it is extraHeaders');
    }
    if (registration === undefined) {
      if (extraHeaders === undefined) return next(args);
      throw new UnregisteredOperationError(
        operation,
        operationsOf(registry),
        `registerBedrockClientCallbacks(client, '${operation}')`,
      );
    }
    const call = openCall(operation, registration, args.input);
    if (call === undefined) return next(args);
    try {
      const result = await next(withCall(args, call));
      observeOutput(call, args.input, result.output);
      return result;
    } catch (error) {
      // Without an attempt nothing has left the process, and there is nothing to record.
      if (call.observation.attempts > 0) call.observation.fail(error);
      throw error;
    }
  };
}

/** The caller's mistakes are thrown; a fault of ours is reported and the call goes on without us. */
function openCall(
  operation: string,
  registration: Registration,
  input: Record<string, unknown>,
): Call | undefined {
  try {
    return beginCall(operation, registration, input);
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

function operationOf(context: HandlerContext): string {
  return (context.commandName ?? '').replace(/Command$/, '');
}
