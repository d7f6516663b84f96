// Only Bedrock answers in AWS event-stream frames.
/**
 * Cuts `application/vnd.amazon.eventstream` into frames and hands out their payloads: total length, length of the
 * headers, checksum of these two (four bytes each), headers, payload, checksum (four bytes). Checksums are the SDK's to
 * check. Keeps at most one frame, and stops for good at a length that cannot be.
 *
 * @see https://docs.aws.amazon.com/transcribe/latest/dg/event-stream.html
 */
export function framePayloads(onPayload: (payload: Uint8Array) => void): (chunk: Uint8Array) => void {
  const overhead = 16;
  const largest = 24 * 1024 * 1024;
  let pending: Uint8Array = new Uint8Array(0);
  let isLost = false;

  return (chunk) => {
    if (isLost) return;
    let bytes = pending.length === 0 ? chunk : concat(pending, chunk);
    while (bytes.length >= overhead) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const total = view.getUint32(0);
      const headers = view.getUint32(4);
      if (total < overhead || total > largest || headers > total - overhead) {
        isLost = true;
        pending = new Uint8Array(0);
        return;
      }
      if (bytes.length < total) break;
      onPayload(bytes.subarray(12 + headers, total - 4));
      bytes = bytes.subarray(total);
    }
    // A copy: the chunk belongs to the SDK from here on.
    pending = bytes.slice();
  };
}

function concat(left: Uint8Array, right: Uint8Array): Uint8Array {
  const both = new Uint8Array(left.length + right.length);
  both.set(left);
  both.set(right, left.length);
  return both;
}
