import type { AnswerFaults, EventsAnswer, ScriptedEvent } from './bedrock-answer.ts';
import { eventBytes } from './render-events.ts';

/**
 * How a stream ends for its reader: with an error, as if it were complete, or not until the reader gives up. An error
 * in the first frame is already thrown by `send()`.
 */
export type StreamEnding = 'error' | 'end' | 'stall';

/** A fault of a stream. */
export interface StreamFault {
  /** The kind and the place of the fault, e.g. `truncated after byte 117`. Unique within a list. */
  name: string;
  /** The stream with its fault, for `answerNext` or the option `answer`. */
  answer: EventsAnswer;
  /**
   * How the stream ends with a bare client of the AWS SDK. Over HTTP/2 the client takes a lost connection, but not a
   * reset, for the end of the stream. Over both protocols it ignores one to three bytes at the beginning of a frame.
   */
  expectations: Record<'http/1.1' | 'h2', StreamEnding>;
  /** The number of steps of the script that are sent unchanged before the fault. */
  intactEvents: number;
}

/** How thorough the list is. */
export interface StreamFaultsOptions {
  /** Truncate and break off at every n-th byte only. Byte 0 and the last byte are always included. @default 1 */
  everyNthByte?: number;
  /** Strike at every n-th frame only. The first and the last frame are always included. @default 1 */
  everyNthFrame?: number;
  /** How long the bounded stalls last. @default 20 */
  stallMs?: number;
}

/**
 * Lists the faults that an event stream can have on the wire: truncation and a lost connection at each byte, wrong
 * checksums, events that the SDK does not know, exceptions and errors in place of each event, stalls and slow
 * delivery.
 *
 * @param answer - A stream without faults, with one frame in each step. It is not changed.
 */
export function streamFaults(answer: EventsAnswer, options: StreamFaultsOptions = {}): StreamFault[] {
  const { everyNthByte = 1, everyNthFrame = 1, stallMs = 20 } = options;
  const boundaries = frameBoundaries(answer.events);
  const totalBytes = boundaries.at(-1) ?? 0;
  const frames = everyNth(answer.events.length - 1, everyNthFrame);
  const gaps = everyNth(answer.events.length, everyNthFrame);
  const bytes = everyNth(totalBytes, everyNthByte);
  const faulty = (faults: AnswerFaults): EventsAnswer => ({
    ...answer,
    faults: { ...answer.faults, ...faults },
  });
  const whole = answer.events.length;

  return [
    ...bytes.map((at) => ({
      name: `truncated after byte ${at}`,
      answer: faulty({ truncateAfterBytes: at }),
      ...reading(cutOff(boundaries, at).endsInFrame ? 'error' : 'end', cutOff(boundaries, at).intactEvents),
    })),
    ...bytes.map((at) => ({
      name: `connection lost after byte ${at}`,
      answer: faulty({ dropAfterBytes: at, dropScope: 'connection' }),
      ...reading(
        { 'http/1.1': 'error', h2: cutOff(boundaries, at).endsInFrame ? 'error' : 'end' },
        cutOff(boundaries, at).intactEvents,
      ),
    })),
    ...gaps.map((after) => ({
      name: `connection lost after event ${after}`,
      answer: faulty({ dropAfterEvents: after, dropScope: 'connection' }),
      ...reading({ 'http/1.1': 'error', h2: after === 0 ? 'error' : 'end' }, after),
    })),
    ...gaps.map((after) => ({
      name: `stream reset after event ${after}`,
      answer: faulty({ dropAfterEvents: after, dropScope: 'stream' }),
      ...reading('error', after),
    })),
    ...frames.map((index) => ({
      name: `wrong checksum of the prelude of frame ${index}`,
      answer: faulty({ corruptPreludeOfFrame: index }),
      ...reading('error', index),
    })),
    ...frames.map((index) => ({
      name: `wrong checksum of frame ${index}`,
      answer: faulty({ corruptMessageOfFrame: index }),
      ...reading('error', index),
    })),
    ...insertions.flatMap(({ what, event, ending }) =>
      gaps.map((index) => ({
        name: `${what} before event ${index}`,
        answer: { ...answer, events: answer.events.toSpliced(index, 0, event) },
        ...reading(ending, ending === 'end' ? whole : index),
      })),
    ),
    ...gaps.map((after) => ({
      name: `stalled for ever after event ${after}`,
      answer: faulty({ stallAfterEvents: after }),
      ...reading('stall', after),
    })),
    ...gaps.map((after) => ({
      name: `stalled for ${stallMs} ms after event ${after}`,
      answer: faulty({ stallAfterEvents: after, stallMs }),
      ...reading('end', whole),
    })),
    { name: 'trickling byte by byte', answer: faulty({ pieceBytes: 1 }), ...reading('end', whole) },
    {
      name: 'trickling in pieces of 61 bytes, 1 ms apart',
      answer: faulty({ pieceBytes: 61, pieceDelayMs: 1 }),
      ...reading('end', whole),
    },
  ];
}

/** Frames that an intact stream does not hold. */
const insertions: readonly { what: string; event: ScriptedEvent; ending: StreamEnding }[] = [
  {
    what: 'event of an unknown type',
    event: { event: 'fromTheFuture', payload: { since: 2030 } },
    ending: 'end',
  },
  {
    what: 'modelled exception',
    event: { exception: 'modelStreamErrorException', payload: { message: 'the model broke down' } },
    ending: 'error',
  },
  {
    what: 'exception without a model',
    event: { exception: 'fromTheFutureException', payload: { message: 'nobody knows' } },
    ending: 'error',
  },
  {
    what: 'error frame',
    event: { errorCode: 'InternalFailure', message: 'something broke' },
    ending: 'error',
  },
  {
    what: 'message of an unknown type',
    event: { frame: { headers: { ':message-type': 'fromTheFuture', ':event-type': 'unknown' }, body: '{}' } },
    ending: 'error',
  },
];

function reading(
  expected: StreamEnding | StreamFault['expectations'],
  intactEvents: number,
): Pick<StreamFault, 'expectations' | 'intactEvents'> {
  const expectations = typeof expected === 'string' ? { 'http/1.1': expected, h2: expected } : expected;
  return { expectations, intactEvents };
}

/** The offsets of all frames, and the end of the last frame. */
function frameBoundaries(events: readonly ScriptedEvent[]): number[] {
  const boundaries = [0];
  for (const event of events) boundaries.push((boundaries.at(-1) ?? 0) + eventBytes(event).length);
  return boundaries;
}

function cutOff(boundaries: readonly number[], at: number): { intactEvents: number; endsInFrame: boolean } {
  const intactEvents = boundaries.findLastIndex((boundary) => boundary <= at);
  // The SDK notices a frame when it has the frame's total length, which takes four bytes.
  return { intactEvents, endsInFrame: at - (boundaries[intactEvents] ?? 0) >= 4 };
}

/** 0, n, 2n … and the last. */
function everyNth(last: number, n: number): number[] {
  if (!(n >= 1)) throw new RangeError(`every n-th needs an n of at least 1, got ${n}`);
  const numbers: number[] = [];
  for (let number = 0; number < last; number += n) numbers.push(number);
  return last >= 0 ? [...numbers, last] : numbers;
}
