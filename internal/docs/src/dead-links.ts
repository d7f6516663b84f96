import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryUrl } from '../../../docs/.vitepress/repository.ts';
import { anchorsOf } from './anchors.ts';
import { linksOf } from './links.ts';
import { type Page, root } from './pages.ts';

/**
 * Follows the links of a page to files of the repository and the headings in them, also those that go by way of GitHub.
 * Of links to elsewhere it looks at the form only.
 *
 * @returns What is wrong, each with its line.
 */
export function deadLinks({ path, text }: Page): string[] {
  return linksOf(text).flatMap(({ target, line }) => {
    const fault = faultOf(target, path);
    return fault === undefined ? [] : [`${path}:${line}: ${target} ${fault}`];
  });
}

function faultOf(target: string, page: string): string | undefined {
  if (target.startsWith(`${repositoryUrl}/`)) {
    const [, path] = /^\/(?:blob|tree)\/main\/(.*)$/.exec(target.slice(repositoryUrl.length)) ?? [];
    // Issues, releases and the like are not files.
    return path === undefined ? undefined : faultOfFile(path);
  }
  if (/^[a-z]+:/i.test(target)) {
    if (!URL.canParse(target)) return 'is no URL';
    return /^(https|mailto):/.test(target) ? undefined : 'is not https';
  }
  if (target.startsWith('#')) return faultOfFile(page + target);
  if (target.startsWith('/')) return 'begins at the root, which is another one on GitHub than on the site';
  if (/^packages\/\w+\/README\.md$/.test(page)) return 'is relative, which leads nowhere from npm';
  return faultOfFile(join(page, '..', target));
}

/** @param path From the root of the repository, perhaps with an anchor. */
function faultOfFile(path: string): string | undefined {
  const [file = '', anchor] = decodeURIComponent(path).split('#');
  const stats = statSync(join(root, file), { throwIfNoEntry: false });
  // Some file systems take any case for a name, GitHub does not.
  if (!stats || !isSpeltSo(file)) return 'leads nowhere';
  if (anchor === undefined) return undefined;
  if (!file.endsWith('.md')) return 'has an anchor, but only pages have headings';
  return anchorsOf(readFileSync(join(root, file), 'utf8')).includes(anchor) ? undefined : 'names no heading';
}

function isSpeltSo(path: string): boolean {
  const names = path.split('/').filter((name) => name !== '');
  return names.every((name, index) => readdirSync(join(root, ...names.slice(0, index))).includes(name));
}
