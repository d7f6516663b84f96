import { utf8Length } from '../../runtime.ts';

interface Fitted<Json> {
  /** Absent if the value is absent, or does not fit however short its texts are cut. */
  readonly json: Json | undefined;
  readonly isCut: boolean;
}

/** If a value is too long, its texts are cut to a quarter of the room, then to smaller parts until it fits. */
const shares = [4, 64, 1024] as const;

/**
 * JSON of a value in at most so many bytes (6 or more). If it would be longer, its long texts are cut. A text is not
 * encoded.
 */
export function fittingJson(value: unknown, maxBytes: number): Fitted<string> {
  if (value === undefined || value === null) return { json: undefined, isCut: false };
  if (typeof value === 'string') {
    const isCut = utf8Length(value) > maxBytes;
    // A UTF-16 unit takes 3 bytes of UTF-8 at most.
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

/** The same for a list: JSON of each member, up to the first that does not fit. */
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
