/** Reads a stream to its end. */
export async function collect<T>(events: AsyncIterable<T> | undefined): Promise<T[]> {
  const list: T[] = [];
  for await (const event of events ?? []) list.push(event);
  return list;
}
