import { isPayiError, type PayiError } from '@payi/core';

/** A web server of this example, whichever framework it is made with. */
export interface RunningServer {
  readonly url: string;
  close(): Promise<void>;
}

/** The body of `POST /ask`. */
export interface Question {
  readonly question: string;
}

/** One request, from the user's side. */
export async function askServer(
  server: RunningServer,
  question: string,
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  return fetch(`${server.url}/ask`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ question } satisfies Question),
  });
}

/** The request says what cannot be sent: a user id with a blank, or one that is not ASCII. */
export function isRefusedAnnotation(error: unknown): error is PayiError {
  return isPayiError(error) && (error.code === 'INVALID_ANNOTATION' || error.code === 'HEADER_ENCODING');
}
