import {
  type AnswerBody,
  type EventReader,
  failureIn,
  parseMember,
  type Reading,
  readOpenAIChat,
  readOpenAIImages,
  readOpenAIResponse,
  readOpenAITranscript,
  type ServerEventReading,
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
  readBody(body: AnswerBody): ServerEventReading;
  readonly events: EventReader;
  /** Used if we ask for usage and the caller did not. */
  readonly eventsWithoutUsage?: EventReader;
}

/** Parses only the usage or the error, and skips vectors and images, which are large. */
const usageOf = ({ text }: AnswerBody): unknown => {
  const found = parseMember(text, ['usage']);
  return 'usage' in found ? found : parseMember(text, ['error']);
};

/** Some servers with OpenAI's interface send errors with status 200. */
function reading(
  read: (value: unknown) => Reading,
  parsed: (body: AnswerBody) => unknown,
): Operation['readBody'] {
  return (body) => {
    const value = parsed(body);
    return { ...read(value), ...failureIn(Object(value) as Record<string, unknown>) };
  };
}

const parsed = (body: AnswerBody): unknown => body.value;

const chat: Operation = {
  isProxied: true,
  readBody: reading(readOpenAIChat, parsed),
  events: chatEvents,
  eventsWithoutUsage: chatEventsWithoutUsage,
};

const images: Operation = {
  isProxied: true,
  readBody: reading(readOpenAIImages, usageOf),
  events: imageEvents,
};

const transcripts: Operation = {
  isProxied: false,
  readBody: reading(readOpenAITranscript, usageOf),
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
      readBody: reading(readOpenAIResponse, parsed),
      events: responseEvents,
    },
  ],
  ['embeddings', { isProxied: true, readBody: reading(readOpenAIChat, usageOf), events: chatEvents }],
  ['images/generations', images],
  ['images/edits', { ...images, isProxied: false }],
  ['images/variations', { ...images, isProxied: false }],
  ['audio/transcriptions', transcripts],
  ['audio/translations', transcripts],
]);

export function findOperation(name: string): Operation | undefined {
  return operations.get(name);
}
