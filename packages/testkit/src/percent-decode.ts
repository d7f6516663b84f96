/** @returns The segment unchanged if it is not valid percent-encoding. */
export function percentDecode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
