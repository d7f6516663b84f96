import {
  type AnswerBody,
  type EventReader,
  parseMember,
  type Reading,
  readOpenAIChat,
  readOpenAIImages,
  readOpenAIResponse,
  readOpenAITranscript,
} from '@payi/core/adapter';
import {
  chatEvents,
  chatEventsWithoutUsage,
  imageEvents,
  responseEvents,
  transcriptEvents,
} from './events.ts';

/** A metered endpoint. */
export interface Operation {
  /** Whether Pay-i's proxy serves it. */
  readonly isProxied: boolean;
  readonly canAskForUsage: boolean;
  readBody(body: AnswerBody): Reading;
  readonly events: EventReader;
  /** For a caller who did not ask for usage. */
  readonly eventsWithoutUsage: EventReader;
}

const usage = ['usage'] as const;

/** Vectors and pictures are large, and not looked at. */
const usageOf = ({ text }: AnswerBody): unknown => parseMember(text, usage);

const chat: Operation = {
  isProxied: true,
  canAskForUsage: true,
  readBody: (body) => readOpenAIChat(body.value),
  events: chatEvents,
  eventsWithoutUsage: chatEventsWithoutUsage,
};

const images: Operation = {
  isProxied: true,
  canAskForUsage: false,
  readBody: (body) => readOpenAIImages(usageOf(body)),
  events: imageEvents,
  eventsWithoutUsage: imageEvents,
};

const transcripts: Operation = {
  isProxied: false,
  canAskForUsage: false,
  readBody: (body) => readOpenAITranscript(usageOf(body)),
  events: transcriptEvents,
  eventsWithoutUsage: transcriptEvents,
};

/** @see https://platform.openai.com/docs/api-reference */
const operations: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ['chat/completions', chat],
  ['completions', { ...chat, isProxied: false }],
  [
    'responses',
    {
      isProxied: true,
      canAskForUsage: false,
      readBody: (body) => readOpenAIResponse(body.value),
      events: responseEvents,
      eventsWithoutUsage: responseEvents,
    },
  ],
  ['embeddings', { ...chat, canAskForUsage: false, readBody: (body) => readOpenAIChat(usageOf(body)) }],
  ['images/generations', images],
  ['images/edits', { ...images, isProxied: false }],
  ['images/variations', { ...images, isProxied: false }],
  ['audio/transcriptions', transcripts],
  ['audio/translations', transcripts],
]);

export function findOperation(name: string): Operation | undefined {
  return operations.get(name);
}
