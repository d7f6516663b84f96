import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { DefaultTheme } from 'vitepress';
import { describe, expect, it } from 'vitest';
import { createSidebar } from './sidebar.ts';

const pages = globSync('**/*.md', {
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  exclude: ['node_modules/**', '.vitepress/**'],
});

function linksOf(items: readonly DefaultTheme.SidebarItem[]): string[] {
  return items.flatMap(({ link, items: children = [] }) => [
    ...(link === undefined ? [] : [link]),
    ...linksOf(children),
  ]);
}

describe('the sidebar', () => {
  it('lists every page but the home page, and nothing else, once', () => {
    const links = pages
      .filter((page) => page !== 'index.md')
      .map((page) => `/${page.replace(/(?:index)?\.md$/, '')}`);
    expect(links.length).toBeGreaterThan(10);
    expect(linksOf(createSidebar()).sort()).toEqual(links.sort());
  });
});
