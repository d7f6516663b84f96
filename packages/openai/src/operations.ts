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
  readBody(body: AnswerBody): Reading;
  readonly events: EventReader;
  /** For a caller who did not ask for usage, where usage can be asked for. */
  readonly eventsWithoutUsage?: EventReader;
}

const usage = ['usage'] as const;

/** Vectors and pictures are large, and not looked at. */
const usageOf = ({ text }: AnswerBody): unknown => parseMember(text, usage);

const chat: Operation = {
  isProxied: true,
  readBody: (body) => readOpenAIChat(body.value),
  events: chatEvents,
  eventsWithoutUsage: chatEventsWithoutUsage,
};

const images: Operation = {
  isProxied: true,
  readBody: (body) => readOpenAIImages(usageOf(body)),
  events: imageEvents,
};

const transcripts: Operation = {
  isProxied: false,
  readBody: (body) => readOpenAITranscript(usageOf(body)),
  events: transcriptEvents,
};

/** @see https://platform.openai.com/docs/api-reference */
const operations: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ['chat/completions', chat],
  ['completions', { ...chat, isProxied: false }],
  [
    'responses',
    {
      isProxied: true,
      readBody: (body) => readOpenAIResponse(body.value),
      events: responseEvents,
    },
  ],
  ['embeddings', { isProxied: true, readBody: (body) => readOpenAIChat(usageOf(body)), events: chatEvents }],
  ['images/generations', images],
  ['images/edits', { ...images, isProxied: false }],
  ['images/variations', { ...images, isProxied: false }],
  ['audio/transcriptions', transcripts],
  ['audio/translations', transcripts],
]);

export function findOperation(name: string): Operation | undefined {
  return operations.get(name);
}
