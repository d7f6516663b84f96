/** The offset of the prelude's checksum: after the total length and the length of the headers, four bytes each. */
const preludeChecksumAt = 8;

/** @returns A copy of a frame of an event stream whose prelude does not match its checksum. */
export function corruptPrelude(frame: Uint8Array): Uint8Array {
  return flipBit(frame, preludeChecksumAt);
}

/** @returns A copy of a frame of an event stream that does not match the checksum at its end; its prelude does. */
export function corruptMessage(frame: Uint8Array): Uint8Array {
  return flipBit(frame, frame.length - 1);
}

function flipBit(bytes: Uint8Array, index: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[index] = (copy[index] ?? 0) ^ 1;
  return copy;
}
