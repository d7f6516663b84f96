import { track } from '@payi/core/context';
import type { preHandlerHookHandler } from 'fastify';

/**
 * Says of every call that is made for a request who it was for and what it was about.
 *
 * A `preHandler` hook: those that authenticate come before it.
 */
export const payiContext: preHandlerHookHandler = (request, _reply, done) => {
  const { 'x-user-id': userId, 'x-use-case-name': useCaseName } = request.headers;
  track({ userId: userId?.toString(), useCaseName: useCaseName?.toString() }, done);
};
