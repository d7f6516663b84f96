import { createReadStream, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The lines of a file, or of all files in a folder, read as they are asked for. */
export async function* linesOf(path: string): AsyncGenerator<string, void, undefined> {
  const files = statSync(path).isDirectory()
    ? readdirSync(path, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile())
    : undefined;
  for (const file of files?.map(({ parentPath, name }) => join(parentPath, name)) ?? [path]) {
    yield* createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });
  }
}
