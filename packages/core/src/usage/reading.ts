/** Pay-i's name of a unit → counts. An unknown count is absent, never 0. */
export type Units = Readonly<Record<string, { readonly input?: number; readonly output?: number }>>;

/** What one source (a body, an event, the response headers) says about a call. It says nothing about what is absent. */
export interface Reading {
  readonly units?: Units;
  /** The provider's id of the answer. */
  readonly providerResponseId?: string;
  /** Names begin with `system.`: `system.stop_reason`, `system.failure`, `system.aws.bedrock.guardrail.action` … */
  readonly properties?: Readonly<Record<string, string>>;
  /** Names only, because arguments are content. */
  readonly toolCalls?: readonly string[];
  /** This source ends the answer. */
  readonly isLast?: boolean;
  /** This source has content of the answer (text, reasoning, tool input …). The first event that has is the first token. */
  readonly hasContent?: boolean;
}

/** Most events of a stream say nothing. They share one object, because a stream has thousands. */
export const nothing: Reading = Object.freeze({});

/** For an event that has a piece of the answer and nothing else. */
export const contentOnly: Reading = Object.freeze({ hasContent: true });
