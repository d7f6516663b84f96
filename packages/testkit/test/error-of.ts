import { expect } from 'vitest';

/** The error that a call ends in. */
export function errorOf(call: Promise<unknown>): Promise<Error> {
  return call.then(
    () => expect.unreachable('the call succeeded'),
    (error) => error,
  );
}
