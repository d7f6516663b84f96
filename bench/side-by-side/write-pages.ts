import { fillPage } from '../harness/fill-page.ts';
import { renderPage } from './render.ts';
import type { Results } from './results.ts';

const command = 'npm run bench -- --write';

/** Puts the figures into docs/benchmarks.md. */
export async function writePages(results: Results): Promise<void> {
  await fillPage('docs/benchmarks.md', command, renderPage(results));
}
