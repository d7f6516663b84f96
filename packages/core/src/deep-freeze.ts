/** Freezes plain data at every level, in place. */
export function deepFreeze<Data>(data: Data): Readonly<Data> {
  if (typeof data === 'object' && data !== null && !Object.isFrozen(data)) {
    Object.freeze(data);
    for (const part of Object.values(data)) deepFreeze(part);
  }
  return data;
}
