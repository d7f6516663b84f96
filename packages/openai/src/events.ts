import {
  type EventReader,
  readOpenAIChat,
  readOpenAIImages,
  readOpenAIResponseEvent,
  readOpenAITranscript,
  type ServerEventReading,
} from '@payi/core/adapter';

interface Chunk {
  readonly choices?: unknown;
  readonly usage?: unknown;
  readonly error?: unknown;
  readonly type?: unknown;
}

const isDone: ServerEventReading = Object.freeze({ isLast: true });

/** The error that the SDK throws in the place of the event. Its code alone: the message may quote the prompt. */
function failure(error: unknown): ServerEventReading {
  const { code, type } = (error ?? {}) as { code?: unknown; type?: unknown };
  const name = typeof code === 'string' ? code : typeof type === 'string' ? type : 'error';
  return { hasFailed: true, properties: { 'system.failure': name } };
}

/**
 * Quotation marks in content are escaped, so these are members. A tool is named once, in its first chunk. With quotation
 * marks and brackets before the words, V8 takes four times as long (measured: bench/cost, a stream's event).
 */
const inChat = /usage":\s*\{|finish_reason":\s*"|name":\s*"|error|DONE|proxy_result/;

/** Chat completions and older completions. Closed by `[DONE]`, which comes last in all of them. */
export const chatEvents: EventReader = {
  relevant: inChat,
  read(data, name) {
    if (data === '[DONE]') return isDone;
    const chunk = Object(data) as Chunk;
    if (name === 'error' || chunk.error) return failure(chunk.error);
    // `[DONE]` comes after the usage.
    return { ...readOpenAIChat(chunk), isLast: false };
  },
};

/** For callers who did not ask for usage: the chunk that has nothing else is not for them. */
export const chatEventsWithoutUsage: EventReader = {
  relevant: inChat,
  mayHide: true,
  read(data, name) {
    const reading = chatEvents.read(data, name);
    const { choices, usage } = Object(data) as Chunk;
    const isOnlyUsage = Array.isArray(choices) && choices.length === 0 && Boolean(usage);
    return isOnlyUsage ? { ...reading, isHidden: true } : reading;
  },
};

/** The Responses API. Closed by one of three events, which has the counts. */
export const responseEvents: EventReader = {
  relevant: /response\.(?:created|completed|incomplete|failed|output_item\.done)|error|proxy_result/,
  read(data, name) {
    const event = Object(data) as Chunk;
    if (name === 'error' || event.type === 'error') return failure(event.error ?? event);
    const reading = readOpenAIResponseEvent(event);
    return event.type === 'response.failed' ? { ...reading, hasFailed: true } : reading;
  },
};

export const imageEvents: EventReader = {
  relevant: /image_(?:generation|edit)\.completed|error|proxy_result/,
  read(data, name) {
    const event = Object(data) as Chunk;
    if (name === 'error' || event.error) return failure(event.error);
    const type = String(event.type);
    if (type.endsWith('.partial_image')) return { hasContent: true };
    return type.endsWith('.completed')
      ? { ...readOpenAIImages(event), hasContent: true, isLast: true }
      : undefined;
  },
};

export const transcriptEvents: EventReader = {
  relevant: /transcript\.text\.done|error|proxy_result/,
  read(data, name) {
    const event = Object(data) as Chunk;
    if (name === 'error' || event.error) return failure(event.error);
    if (event.type === 'transcript.text.done') return { ...readOpenAITranscript(event), isLast: true };
    return event.type === 'transcript.text.delta' ? { hasContent: true } : undefined;
  },
};
