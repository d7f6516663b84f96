import { utf8Length } from '../../runtime.ts';

interface Fitted<Json> {
  /** Absent for what does not fit however short its texts are made, and for what was absent before. */
  readonly json: Json | undefined;
  readonly isCut: boolean;
}

/** The longest text that is left in a value that is too long, as a share of the room. */
const shares = [4, 64, 1024] as const;

/**
 * JSON of a value, in at most so many bytes (6 or more): where it would be longer, its long texts are cut. A text stands as
 * it is.
 */
export function fittingJson(value: unknown, maxBytes: number): Fitted<string> {
  if (value === undefined || value === null) return { json: undefined, isCut: false };
  if (typeof value === 'string') {
    const isCut = utf8Length(value) > maxBytes;
    // A character is 3 bytes at most, or 4 of two units.
    return { json: isCut ? cutTo(value, Math.floor(maxBytes / 3) - 1) : value, isCut };
  }
  const whole = JSON.stringify(value) as string | undefined;
  if (whole === undefined || utf8Length(whole) <= maxBytes) return { json: whole, isCut: false };
  for (const share of shares) {
    const longest = Math.floor(maxBytes / share);
    const json = JSON.stringify(value, (_, member: unknown) =>
      typeof member === 'string' ? cutTo(member, longest) : member,
    );
    if (utf8Length(json) <= maxBytes) return { json, isCut: true };
  }
  return { json: undefined, isCut: true };
}

/** The same for a list, one JSON text for each of its members: from where it would be longer, the rest is left out. */
export function fittingList(values: readonly unknown[], maxBytes: number): Fitted<string[]> {
  const list: string[] = [];
  let left = maxBytes;
  for (const value of values) {
    const json = typeof value === 'string' ? value : (JSON.stringify(value) as string | undefined);
    if (json === undefined) continue;
    left -= utf8Length(json);
    if (left < 0) return { json: list, isCut: true };
    list.push(json);
  }
  return { json: list, isCut: false };
}

function cutTo(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}…`;
}
