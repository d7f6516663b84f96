import { crossOrigin } from './cross-origin.ts';
import { headerRecord } from './header-list.ts';
import { type ListenOptions, listen, type RunningServer } from './listen.ts';
import { announceProvider } from './local-providers.ts';
import { readRequest } from './read-request.ts';
import type { RecordedRequest } from './recorded-request.ts';
import type { RenderedAnswer } from './rendered-answer.ts';
import { sendAnswer, watchForClose } from './send-answer.ts';
import type { RawRequest } from './sigv4-canonical-request.ts';

/** What differs between the local providers. */
export interface ServedProvider<Details extends object, Answer> {
  /** The names of the provider's hosts. A local Pay-i in this process sends calls for them here. */
  readonly hosts: RegExp;
  /** Creates the id of a request. */
  newId(): string;
  /** The header of each answer with that id. */
  readonly idHeader?: string;
  /** Reads what only this provider's requests hold. */
  describe(raw: RawRequest): Details;
  /** @param takeScripted - Takes the first answer of the queue. */
  decide(request: RecordedRequest & Details, takeScripted: () => Answer | undefined): Promise<RenderedAnswer>;
}

/** A server with a queue of answers and a record of requests. */
export interface ScriptedServer<Request extends RecordedRequest, Answer> extends RunningServer {
  /** Every request so far, valid or not, in the order in which they were received completely. */
  readonly requests: readonly Request[];
  /** Queues answers for the next calls, one for each. The `answer` option decides the calls after those. */
  answerNext(...answers: Answer[]): void;
}

/** Starts a local provider: receives requests, records them, and sends what the provider decides. */
export async function serveProvider<Details extends object, Answer>(
  provider: ServedProvider<Details, Answer>,
  options: ListenOptions,
): Promise<ScriptedServer<RecordedRequest & Details, Answer>> {
  const requests: (RecordedRequest & Details)[] = [];
  const queue: Answer[] = [];

  const server = await listen(
    crossOrigin(async (incoming, response) => {
      const gone = watchForClose(response);
      const receivedAt = new Date();
      const { raw, isComplete } = await readRequest(incoming);
      const request: RecordedRequest & Details = {
        ...raw,
        httpVersion: incoming.httpVersion,
        headers: headerRecord(raw.headers),
        rawHeaders: raw.headers,
        receivedAt,
        requestId: provider.newId(),
        answered: 'pending',
        eventsWritten: 0,
        ...provider.describe(raw),
      };
      requests.push(request);
      if (!isComplete) {
        request.answered = 'aborted';
        return;
      }
      const rendered = await provider.decide(request, () => queue.shift());
      request.status = rendered.status;
      const idHeader = provider.idHeader && { [provider.idHeader]: request.requestId };
      const answer = { ...rendered, headers: { ...idHeader, ...rendered.headers } };
      try {
        request.answered = await sendAnswer(response, answer, gone, () => {
          request.eventsWritten += 1;
        });
      } catch (error) {
        request.answered = 'aborted';
        throw error;
      }
    }),
    options,
  );
  const takeBack = announceProvider({ ...server, hosts: provider.hosts });
  const close = async (): Promise<void> => {
    takeBack();
    await server.close();
  };
  return {
    ...server,
    requests,
    answerNext: (...answers) => {
      queue.push(...answers);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
