import { crc32 } from 'node:zlib';
import type { StoredEvent } from '../settings/store.ts';

/** One line of a journal. `unknown`: whole, but this version cannot read it. */
export type JournalRecord =
  | { readonly kind: 'event'; readonly event: StoredEvent }
  | { readonly kind: 'sending' | 'settled'; readonly ids: readonly string[] }
  | { readonly kind: 'damaged' }
  | { readonly kind: 'unknown' };

/** One line, with a checksum in front, because a crash may leave half of it. */
export function encodeEvent({ json, acceptedAt }: StoredEvent): string {
  return encode(`E ${acceptedAt} ${json}`);
}

export function encodeIds(kind: 'sending' | 'settled', ids: readonly string[]): string {
  return encode(`${kind === 'sending' ? 'S' : 'D'} ${JSON.stringify(ids)}`);
}

export function parseRecord(line: string): JournalRecord {
  const text = line.slice(9);
  if (line[8] !== ' ' || checksum(text) !== line.slice(0, 8)) return { kind: 'damaged' };
  // With `s`, because JSON may hold line separators, which `.` does not match without it.
  const [, kind, acceptedAt, data = ''] = /^([ESD]) (?:(\d+) )?(.*)$/s.exec(text) ?? [];
  try {
    const value = JSON.parse(data);
    if (kind === 'E') {
      const id: string = value.provider_response_id;
      return { kind: 'event', event: { id, json: data, acceptedAt: Number(acceptedAt) } };
    }
    if (kind === 'S' || kind === 'D') return { kind: kind === 'S' ? 'sending' : 'settled', ids: value };
  } catch {
    // The checksum is right, so another version wrote this.
  }
  return { kind: 'unknown' };
}

function encode(text: string): string {
  return `${checksum(text)} ${text}\n`;
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
