import { track } from '@payi/core/context';
import type { MiddlewareHandler } from 'hono';

/** Says of every call that is made for a request who it was for and what it was about. */
export const payiContext: MiddlewareHandler = (context, next) =>
  track(
    { userId: context.req.header('x-user-id'), useCaseName: context.req.header('x-use-case-name') },
    next,
  );
