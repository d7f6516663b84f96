import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Puts figures between two markers of a page, and formats it.
 *
 * @param path - From the root of the repository.
 * @param command - What wrote them, as the first marker says.
 * @throws when the page has no markers.
 */
export async function fillPage(path: string, command: string, figures: string): Promise<void> {
  const begin = `<!-- figures: written by ${command} -->`;
  const page = await readFile(join(root, path), 'utf8');
  const from = page.indexOf(begin);
  const to = page.indexOf('<!-- end of figures -->', from);
  if (from < 0 || to < 0) throw new Error(`${path} has no place for figures: “${begin}” and an end of them`);
  await writeFile(join(root, path), `${page.slice(0, from)}${begin}\n\n${figures}\n\n${page.slice(to)}`);
  await run(join(root, 'node_modules/.bin/biome'), ['format', '--write', path], { cwd: root });
}
