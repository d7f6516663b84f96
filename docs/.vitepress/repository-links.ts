import { statSync } from 'node:fs';
import { join } from 'node:path/posix';
import { root } from '@payi-internal/release/published-packages';
import type { MarkdownRenderer } from 'vitepress';
import { repositoryFile, repositoryFolder } from './repository.ts';

/**
 * Lets links that leave `docs/`, or lead to a folder in it, work on the site as they do in the repository: they lead to
 * the repository.
 *
 * Rendering throws when there is no such file.
 */
export function repositoryLinks(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push('repository_links', ({ tokens, env }) => {
    for (const { children } of tokens) {
      for (const token of children ?? []) {
        const href = token.type === 'link_open' ? token.attrGet('href') : null;
        if (href !== null)
          token.attrSet('href', siteHref(href, (env as { relativePath: string }).relativePath));
      }
    }
  });
}

/**
 * @param href - As the page has it.
 * @param page - Its path in `docs/`.
 */
export function siteHref(href: string, page: string): string {
  const [, path = '', anchor = ''] = /^([^#]*)(.*)$/.exec(href) ?? [];
  if (path === '' || /^(?:[a-z]+:|\/)/i.test(path)) return href;
  const target = join('docs', page, '..', decodeURI(path));
  const entry = statSync(join(root, target), { throwIfNoEntry: false });
  if (entry?.isDirectory()) return repositoryFolder(target) + anchor;
  // VitePress knows its own pages, and which of them there are not.
  if (target.startsWith('docs/')) return href;
  if (entry === undefined) throw new Error(`docs/${page} links to ${href}, which is not there.`);
  return repositoryFile(target) + anchor;
}
