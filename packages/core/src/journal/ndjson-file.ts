import { appendFileSync } from 'node:fs';

/**
 * Appends events to a file, one JSON object per line. For `delivery.offline` of `createPayi()`.
 *
 * @param path - Created with the first event. Its folder must exist.
 */
export function ndjsonFile(path: string): (lines: readonly string[]) => void {
  return (lines) => {
    if (lines.length > 0) appendFileSync(path, `${lines.join('\n')}\n`, { mode: 0o600 });
  };
}
