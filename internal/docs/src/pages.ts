import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the repository. */
export const root: string = fileURLToPath(new URL('../../..', import.meta.url));

/** A Markdown file of the repository. */
export interface Page {
  /** From the root of the repository, e.g. `docs/bedrock.md`. */
  readonly path: string;
  readonly text: string;
}

/** Reads all that people write here: every Markdown file of the repository but release notes and generated ones. */
export function readPages(): Page[] {
  const files = ['ls-files', '--cached', '--others', '--exclude-standard', '-z', '--', '*.md'];
  return execFileSync('git', files, { cwd: root, encoding: 'utf8' })
    .split('\0')
    .filter((path) => path !== '' && !/^\.changeset\/|CHANGELOG\.md$|\.api\.md$/.test(path))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}
