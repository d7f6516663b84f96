import { filled, isText, known, text } from './json.ts';

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

/** The ingredients of a {@link Reading} as a reader finds them: not checked, not complete. */
export interface ReadingParts {
  readonly units?: Units | undefined;
  readonly id?: unknown;
  readonly stopReason?: unknown;
  readonly properties?: Readonly<Record<string, string>> | undefined;
  readonly toolCalls?: readonly unknown[] | undefined;
  readonly isLast?: boolean | undefined;
  readonly hasContent?: boolean | undefined;
}

/** Keeps of the parts what is known. */
export function toReading({
  units,
  id,
  stopReason,
  properties,
  toolCalls,
  isLast,
  hasContent,
}: ReadingParts): Reading {
  return known({
    units: units && filled(units),
    providerResponseId: text(id),
    properties: isText(stopReason)
      ? { ...properties, 'system.stop_reason': stopReason }
      : properties && filled(properties),
    toolCalls: toolCalls && filled(toolCalls.filter(isText)),
    isLast: isLast || undefined,
    hasContent: hasContent || undefined,
  });
}
