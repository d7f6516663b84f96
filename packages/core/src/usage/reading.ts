/** Unit name, as Pay-i prices it, → counts. A count that is not known is absent, never 0. */
export type Units = Readonly<Record<string, { readonly input?: number; readonly output?: number }>>;

/** What one source (a body, an event, the response headers) says about a call. Everything absent means: it says nothing. */
export interface Reading {
  readonly units?: Units;
  /** The provider's id of the answer. */
  readonly providerResponseId?: string;
  /** Names begin with `system.`: `system.stop_reason`, `system.failure`, `system.aws.bedrock.guardrail.action` … */
  readonly properties?: Readonly<Record<string, string>>;
  /** Names only: arguments are content. */
  readonly toolCalls?: readonly string[];
  /** This source ends the answer (closing event seen). */
  readonly isLast?: boolean;
  /** This event carries content of the answer (text, reasoning, tool input …); the first one is the first token. */
  readonly hasContent?: boolean;
}

/** What most events of a stream say: one object for all of them, because a stream has thousands. */
export const nothing: Reading = Object.freeze({});

/** What an event says that carries a piece of the answer and nothing else. */
export const contentOnly: Reading = Object.freeze({ hasContent: true });
