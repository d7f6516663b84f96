import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { renderExcerpt, renderPage } from './render.ts';
import type { Results } from './results.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const [begin, end] = ['<!-- figures: written by npm run bench -- --write -->', '<!-- end of figures -->'];

/**
 * Puts the figures between the markers of docs/benchmarks.md and README.md, and formats both.
 *
 * @throws when a page has no markers.
 */
export async function writePages(results: Results): Promise<void> {
  await fill('docs/benchmarks.md', renderPage(results));
  await fill('README.md', renderExcerpt(results));
  await run(join(root, 'node_modules/.bin/biome'), ['format', '--write', 'docs/benchmarks.md', 'README.md'], {
    cwd: root,
  });
}

async function fill(path: string, figures: string): Promise<void> {
  const page = await readFile(join(root, path), 'utf8');
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${path} has no place for figures: “${begin}” and “${end}”`);
  await writeFile(join(root, path), `${page.slice(0, from)}${begin}\n\n${figures}\n\n${page.slice(to)}`);
}
