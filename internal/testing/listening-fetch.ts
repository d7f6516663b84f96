/** A `fetch` that never answers, rejects when it is aborted, and does not look for an earlier abort. */
export function listeningFetch(_: unknown, { signal }: RequestInit = {}): Promise<Response> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason));
  });
}
