import { createReadStream, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** The lines of a file, or of all files in a folder, read as they are asked for. Files that end in `.gz` are unpacked. */
export async function* linesOf(path: string): AsyncGenerator<string, void, undefined> {
  const files = statSync(path).isDirectory()
    ? readdirSync(path, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile())
    : undefined;
  for (const file of files?.map(({ parentPath, name }) => join(parentPath, name)) ?? [path]) {
    const read = createReadStream(file);
    // An error of either ends the reading of lines.
    const input = file.endsWith('.gz') ? pipeline(read, createGunzip(), () => {}) : read;
    yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  }
}
