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
