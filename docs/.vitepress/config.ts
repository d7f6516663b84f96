import { defineConfig } from 'vitepress';
import { githubSlug } from './github-slug.ts';
import { repositoryUrl } from './repository.ts';
import { repositoryLinks } from './repository-links.ts';
import { createSidebar } from './sidebar.ts';

export default defineConfig({
  lang: 'en',
  title: 'Pay-i for TypeScript',
  description: 'Say who every GenAI call was for, and learn what it cost.',
  markdown: {
    anchor: { slugify: githubSlug },
    config: repositoryLinks,
  },
  themeConfig: {
    nav: [
      { text: 'Getting started', link: '/bedrock' },
      { text: 'API reference', link: '/reference/' },
      { text: 'Repository', link: repositoryUrl },
    ],
    sidebar: createSidebar(),
    outline: [2, 3],
    // In the browser, over an index that is part of the site.
    search: { provider: 'local' },
  },
});
