import { appendFileSync } from 'node:fs';

/**
 * Offline mode: appends events to a file, one JSON object a line, as `delivery.offline` of `createPayi()`.
 *
 * @param path - Made when there is something to write. Its folder has to exist.
 */
export function ndjsonFile(path: string): (lines: readonly string[]) => void {
  return (lines) => {
    if (lines.length > 0) appendFileSync(path, `${lines.join('\n')}\n`, { mode: 0o600 });
  };
}
