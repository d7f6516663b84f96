import {
  type AnswerBody,
  type EventReader,
  failureIn,
  findJsonMembers,
  nothing,
  parseSpan,
  type Reading,
  readOpenAIChat,
  readOpenAIEmbeddings,
  readOpenAIImages,
  readOpenAIResponse,
  readOpenAITranscript,
  readOpenAIVideo,
  type ServerEventReading,
} from '@payi/core/calls';
import {
  chatEvents,
  chatEventsWithoutUsage,
  imageEvents,
  responseEvents,
  speechEvents,
  transcriptEvents,
} from './events.ts';

/** A metered endpoint. */
export interface Operation {
  /** Whether Pay-i's proxy serves it. */
  readonly isProxied: boolean;
  /** The members of a request that decide the price besides the model, if it is not only the service tier. */
  readonly asks?: readonly string[];
  readBody(body: AnswerBody): ServerEventReading;
  readonly events: EventReader;
  /** Used if we ask for usage and the caller did not. */
  readonly eventsWithoutUsage?: EventReader;
}

const small = ['usage', 'error', 'model', 'duration', 'size', 'quality', 'seconds', 'id', 'status'] as const;

/** Parses only small members, and skips vectors and images, which are large. */
const partsOf = ({ text }: AnswerBody): Record<string, unknown> => {
  const parts: Record<string, unknown> = {};
  for (const [name, span] of findJsonMembers(text, small)) parts[name] = parseSpan(text, span);
  return parts;
};

/** Quotation marks in content are escaped, so these match only members. */
const picturesIn = (text: string, member: string): number => text.split(`"${member}"`).length - 1;

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
  asks: ['size', 'quality'],
  readBody: reading(readOpenAIImages, (body) => ({
    ...partsOf(body),
    images: Math.max(picturesIn(body.text, 'b64_json'), picturesIn(body.text, 'url')),
  })),
  events: imageEvents,
};

const transcripts: Operation = {
  isProxied: false,
  readBody: reading(readOpenAITranscript, partsOf),
  events: transcriptEvents,
};

/** @see https://platform.openai.com/docs/api-reference */
export const operations: ReadonlyMap<string, Operation> = new Map<string, Operation>([
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
  ['embeddings', { isProxied: true, readBody: reading(readOpenAIEmbeddings, partsOf), events: chatEvents }],
  ['images/generations', images],
  ['images/edits', { ...images, isProxied: false }],
  ['images/variations', { ...images, isProxied: false }],
  ['audio/transcriptions', transcripts],
  ['audio/translations', transcripts],
  ['audio/speech', { isProxied: false, asks: ['input'], readBody: () => nothing, events: speechEvents }],
  [
    'videos',
    {
      isProxied: false,
      asks: ['size', 'seconds'],
      readBody: reading(readOpenAIVideo, partsOf),
      events: chatEvents,
    },
  ],
]);

export function findOperation(name: string): Operation | undefined {
  return operations.get(name);
}
