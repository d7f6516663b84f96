import { readFileSync } from 'node:fs';

const manifest = JSON.parse(
  readFileSync(new URL('../../packages/core/package.json', import.meta.url), 'utf8'),
) as { readonly repository: { readonly url: string } };

/** `https://github.com/<owner>/<name>`, as the packages say it. */
export const repositoryUrl: string = manifest.repository.url.replace(/^git\+/, '').replace(/\.git$/, '');

/** Where the repository shows a file, its path given from the root. */
export function repositoryFile(path: string): string {
  return `${repositoryUrl}/blob/main/${path}`;
}

/** Where the repository lists a folder. */
export function repositoryFolder(path: string): string {
  return `${repositoryUrl}/tree/main/${path}`;
}
