import {
  type EventReader,
  type Reading,
  readOpenAIChat,
  readOpenAIImages,
  readOpenAIResponseEvent,
  readOpenAISpeech,
  readOpenAITranscript,
} from '@payi/core/calls';

interface Event {
  readonly type?: unknown;
}

/**
 * Quotation marks in content are escaped, so `usage"` and the like match only members; `\u00` matches members spelt with
 * escapes. A tool is named once, in its first chunk. Opening quotation marks are left out, because with them V8 takes four
 * times as long (measured: bench/cost, a stream's event).
 */
const inChat =
  /usage"(?!\s*:\s*null)|finish_reason"(?!\s*:\s*null)|name"(?!\s*:\s*null)|error|DONE|proxy_result|\\u00[2-7]/;

/** Chat completions and older completions. Closed by `[DONE]`, which some servers leave out. */
export const chatEvents: EventReader = chatReader(false);

/**
 * For callers who did not ask for usage: hides the chunk that has only usage. A chunk with a cost is not hidden, because
 * OpenAI's option never makes a server send a cost.
 */
export const chatEventsWithoutUsage: EventReader = chatReader(true);

function chatReader(mayHide: boolean): EventReader {
  return {
    relevant: inChat,
    mayHide,
    mayEndEarly: true,
    read(data) {
      if (data === '[DONE]') return { isLast: true };
      const reading = readOpenAIChat(data);
      const isHidden = mayHide && reading.isLast === true && !statesCost(data);
      // `[DONE]` comes after the chunk with the usage.
      return { ...reading, isLast: false, isHidden };
    },
  };
}

function statesCost(chunk: unknown): boolean {
  const { usage } = Object(chunk) as { readonly usage?: unknown };
  return Object.keys(Object(usage)).some((name) => name.startsWith('cost'));
}

/** The Responses API. Closed by one of three events, which has the counts. */
export const responseEvents: EventReader = {
  relevant:
    /response\.(?:created|completed|incomplete|failed|output_item\.done)|error|proxy_result|\\u00[2-7]/,
  read(data) {
    const reading = readOpenAIResponseEvent(data);
    return (Object(data) as Event).type === 'response.failed' ? { ...reading, hasFailed: true } : reading;
  },
};

export const imageEvents: EventReader = {
  relevant: /image_(?:generation|edit)\.completed|error|proxy_result|\\u00[2-7]/,
  read(data) {
    const type = String((Object(data) as Event).type);
    if (type.endsWith('.partial_image')) return { hasContent: true };
    return type.endsWith('.completed')
      ? { ...readOpenAIImages({ ...Object(data), images: 1 }), hasContent: true, isLast: true }
      : undefined;
  },
};

export const transcriptEvents: EventReader = soundReader('transcript.text', readOpenAITranscript);
export const speechEvents: EventReader = soundReader('speech.audio', readOpenAISpeech);

/** Events `….delta`, and `….done`, which has the counts. */
function soundReader(name: string, read: (event: unknown) => Reading): EventReader {
  return {
    relevant: new RegExp(`${name}.done|error|proxy_result|\\\\u00[2-7]`),
    read(data) {
      const { type } = Object(data) as Event;
      if (type === `${name}.done`) return { ...read(data), isLast: true };
      return type === `${name}.delta` ? { hasContent: true } : undefined;
    },
  };
}
