/** Reads a streamed body on its way to the client, and may change it. */
export interface StreamTap {
  /** @returns The bytes to pass on for this chunk; empty while the tap waits for more bytes. */
  push(chunk: Uint8Array): Uint8Array[];
  /**
   * @param isComplete - Whether the body ended as HTTP says it should.
   * @returns The bytes to pass on at the end: those held back, and the beginning of an event that was cut off.
   */
  end(isComplete: boolean): Uint8Array[];
}
