import { track } from '@payi/core/context';
import type { RequestHandler } from 'express';

/** Says of every call that is made for a request who it was for and what it was about. */
export const payiContext: RequestHandler = (request, _response, next) => {
  track({ userId: request.get('x-user-id'), useCaseName: request.get('x-use-case-name') }, next);
};
