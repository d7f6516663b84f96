import { defineConfig } from 'vitepress';
import { githubSlug } from './github-slug.ts';
import { repositoryUrl } from './repository.ts';
import { repositoryLinks } from './repository-links.ts';
import { miniSearch } from './search.ts';
import { createSidebar } from './sidebar.ts';
import { tabs } from './tabs.ts';

export default defineConfig({
  lang: 'en',
  title: 'Pay-i for TypeScript',
  description: 'Say who every GenAI call was for, and learn what it cost.',
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: '/favicon.svg' }]],
  markdown: {
    anchor: { slugify: githubSlug },
    config: (markdown) => {
      repositoryLinks(markdown);
      tabs(markdown);
    },
  },
  transformPageData: ({ relativePath, frontmatter }) => {
    // On GitHub, where the home page is read too, frontmatter would be a table above it.
    if (relativePath === 'index.md') Object.assign(frontmatter, { pageClass: 'front-page', aside: false });
  },
  themeConfig: {
    logo: '/favicon.svg',
    nav: [
      { text: 'Start', link: '/first-call' },
      { text: 'Troubleshooting', link: '/errors' },
      { text: 'API reference', link: '/reference/' },
      { text: 'Repository', link: repositoryUrl },
    ],
    sidebar: createSidebar(),
    outline: [2, 3],
    // In the browser, over an index that is part of the site.
    search: { provider: 'local', options: { miniSearch } },
  },
});
