import { EventStreamCodec } from '@smithy/eventstream-codec';

/** One message of an `application/vnd.amazon.eventstream` body. */
export interface EventStreamFrame {
  /** Headers of type string, e.g. `:message-type`, `:event-type`, `:content-type`. */
  headers: Readonly<Record<string, string>>;
  /** Text is sent as UTF-8. */
  body: string | Uint8Array;
}

/** Encodes and decodes the messages of event streams. */
export const eventStreamCodec: EventStreamCodec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes).toString('utf8'),
  (text) => Buffer.from(text, 'utf8'),
);

/** @returns The bytes of the frame, with its lengths and checksums. */
export function encodeFrame(frame: EventStreamFrame): Uint8Array {
  const headers = Object.entries(frame.headers).map(
    ([name, value]) => [name, { type: 'string' as const, value }] as const,
  );
  return eventStreamCodec.encode({ headers: Object.fromEntries(headers), body: Buffer.from(frame.body) });
}

/** A frame that carries an event. */
export function eventFrame(name: string, payload: unknown): EventStreamFrame {
  return messageFrame({ ':event-type': name, ':message-type': 'event' }, payload);
}

/** A frame that carries an error which AWS models, e.g. `throttlingException`, and ends the stream. */
export function exceptionFrame(name: string, payload: unknown): EventStreamFrame {
  return messageFrame({ ':exception-type': name, ':message-type': 'exception' }, payload);
}

/** A frame that carries an error which AWS does not model, and ends the stream. It has no body. */
export function errorFrame(code: string, message: string): EventStreamFrame {
  return { headers: { ':message-type': 'error', ':error-code': code, ':error-message': message }, body: '' };
}

/** A frame of InvokeModelWithResponseStream: the model's JSON as base64, with padding that hides its length. */
export function chunkFrame(bytes: Uint8Array): EventStreamFrame {
  const base64 = Buffer.from(bytes).toString('base64');
  return eventFrame('chunk', { bytes: base64, p: padding.slice(0, 1 + (base64.length % padding.length)) });
}

const padding = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

function messageFrame(headers: Record<string, string>, payload: unknown): EventStreamFrame {
  return { headers: { ...headers, ':content-type': 'application/json' }, body: JSON.stringify(payload) };
}
