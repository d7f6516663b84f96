/** One event of a server-sent event stream. */
export interface ServerSentEvent {
  /** The value of its `event:` line; `undefined` without one. */
  readonly name: string | undefined;
  /** Its `data:` lines, joined with LF. */
  readonly data: string;
  /** As it was sent, including the empty line at its end. */
  readonly raw: string;
}

/**
 * Splits complete events as the standard says: comments and unknown fields are ignored, one space after the colon is not
 * part of the value. Events without data are returned too, so that the texts of all events together are the text given.
 *
 * Searching for both line ends is five times as fast as an expression (measured: bench/cost, stream of 20).
 */
export function splitEvents(text: string): ServerSentEvent[] {
  const events: ServerSentEvent[] = [];
  let start = 0;
  let name: string | undefined;
  let data: string | undefined;
  let lineFeed = -1;
  let carriageReturn = -1;
  for (let at = 0; at < text.length; ) {
    if (lineFeed < at) lineFeed = indexIn(text, '\n', at);
    if (carriageReturn < at) carriageReturn = indexIn(text, '\r', at);
    const end = Math.min(lineFeed, carriageReturn);
    const next = Math.min(end + (lineFeed === carriageReturn + 1 ? 2 : 1), text.length);
    const more = valueIn('data', text, at, end);
    if (more !== undefined) data = data === undefined ? more : `${data}\n${more}`;
    else name = valueIn('event', text, at, end) ?? name;
    if (end === at || next === text.length) {
      events.push({ name, data: data ?? '', raw: text.slice(start, next) });
      start = next;
      name = undefined;
      data = undefined;
    }
    at = next;
  }
  return events;
}

/** @returns The length of the text if it does not hold the character. */
function indexIn(text: string, character: string, from: number): number {
  const index = text.indexOf(character, from);
  return index === -1 ? text.length : index;
}

/** @returns `undefined` for a line of another field. */
function valueIn(field: string, text: string, start: number, end: number): string | undefined {
  const colon = start + field.length;
  if (colon > end || !text.startsWith(field, start)) return undefined;
  if (colon === end) return '';
  if (text[colon] !== ':') return undefined;
  return text.slice(text[colon + 1] === ' ' ? colon + 2 : colon + 1, end);
}
