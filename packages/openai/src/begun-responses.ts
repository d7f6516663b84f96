// Only OpenAI has answers that a later request gets: responses in the background, and streams that are resumed.
import { keepRecent } from '@payi/core/adapter';
import { type FollowUp, type ObservedCall, observeBegunAnswer } from '@payi/core/calls';
import { findOperation, type Operation } from './operations.ts';

const maxKept = 1000;

/** Responses that had not ended when their call did, of one client. */
export class BegunResponses {
  readonly #calls = new Map<string, ObservedCall>();

  /** Forgets the oldest when there are too many. */
  readonly keep: NonNullable<ObservedCall['keep']> = (id, call) => {
    if (id !== undefined && call.operation === 'responses') keepRecent(this.#calls, id, call, maxKept);
  };

  /** For a request that gets, resumes or cancels one of them. */
  findFollowUp(url: string): FollowUp | undefined {
    if (this.#calls.size === 0) return undefined;
    const [, base, id = ''] = /^([^?]*)\/responses\/([^/?]+)(?:\/cancel)?(?:\?|$)/.exec(url) ?? [];
    const call = this.#calls.get(id);
    if (call === undefined) return undefined;
    const { readBody, events } = findOperation('responses') as Operation;
    const answer = {
      follows: { ...call, keep: () => this.keep(id, call) },
      providerUri: base,
      isStream: false,
      readBody,
      events,
      take: () => this.#calls.delete(id),
    };
    return {
      observe: (response, request, registration) =>
        observeBegunAnswer(response, answer, request, registration),
    };
  }
}
