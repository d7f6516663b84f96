/** One event of a server-sent event stream. */
export interface ServerSentEvent {
  /** What its `event:` line says; `undefined` without one. */
  readonly name: string | undefined;
  /** Its `data:` lines, joined with LF. */
  readonly data: string;
  /** As it was sent, the empty line at its end included. */
  readonly raw: string;
}

/** One event with its empty line; or what the sender left without one. Never matches nothing. */
const wholeEvent = /(?:[^\r\n]+(?:\r\n|\r|\n|$))+(?:\r\n|\r|\n)?|(?:\r\n|\r|\n)/g;
const lineEnd = /\r\n|\r|\n/;

/**
 * Takes apart whole events, as the standard says: comments and unknown fields are passed over, one blank after the colon
 * is not part of the value. Events without data are given too, so that what is passed on stays whole.
 */
export function splitEvents(text: string): ServerSentEvent[] {
  return (text.match(wholeEvent) ?? []).map(readEvent);
}

function readEvent(raw: string): ServerSentEvent {
  let name: string | undefined;
  const data: string[] = [];
  for (const line of raw.split(lineEnd)) {
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    if (field !== 'data' && field !== 'event') continue;
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'data') data.push(value);
    else name = value;
  }
  return { name, data: data.join('\n'), raw };
}
