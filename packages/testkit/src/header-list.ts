/** Names and values in the order in which they were received, names in any case. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** @param rawHeaders - Names and values in turn, as Node gives them in `message.rawHeaders`. */
export function pairHeaders(rawHeaders: readonly string[]): HeaderList {
  return rawHeaders.flatMap((name, index) =>
    index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? ''] as const] : [],
  );
}

/** Headers by lower-case name; repeated headers are joined with `, ` (RFC 9110, section 5.3). */
export function headerRecord(headers: HeaderList): Record<string, string> {
  const record: Record<string, string> = {};
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    record[key] = record[key] === undefined ? value : `${record[key]}, ${value}`;
  }
  return record;
}
