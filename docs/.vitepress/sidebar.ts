import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DefaultTheme } from 'vitepress';
import { publishedEntries } from './published-entries.ts';

type Item = DefaultTheme.SidebarItem;

const docs = fileURLToPath(new URL('..', import.meta.url));

/** All pages but the home page, in reading order. */
export function createSidebar(): Item[] {
  return [
    part('Getting started', [
      { text: 'AWS Bedrock', link: '/bedrock' },
      { text: 'OpenAI', link: '/openai' },
      { text: 'Anthropic', link: '/anthropic' },
      { text: 'Coming from the Python guide', link: '/coming-from-python' },
    ]),
    part('Guide', [
      { text: 'Annotations', link: '/annotations' },
      { text: 'Routes and signing', link: '/routes-and-signing' },
      { text: 'Receipts and usage units', link: '/receipts' },
      { text: 'Streams', link: '/streams' },
      { text: 'Limits and blocked calls', link: '/limits' },
      { text: 'Context', link: '/context' },
      { text: 'Direct delivery', link: '/direct-delivery' },
      { text: 'Privacy', link: '/privacy' },
      { text: 'Testing', link: '/testing' },
      { text: 'Troubleshooting', link: '/errors' },
      { text: 'payi-doctor', link: '/doctor' },
    ]),
    part('Reference', [
      { text: 'Wire reference', link: '/headers' },
      {
        text: 'API reference',
        link: '/reference/',
        collapsed: true,
        items: publishedEntries.map(({ name, page }) => ({ text: name, link: page })),
      },
    ]),
    part('Project', [
      { text: 'Architecture', link: '/architecture' },
      { text: 'Decisions', collapsed: true, items: decisions() },
      { text: 'Benchmarks', link: '/benchmarks' },
      { text: 'Versions', link: '/versions' },
    ]),
  ];
}

function part(text: string, items: Item[]): Item {
  return { text, items: items.filter(({ link }) => link === undefined || isWritten(link)) };
}

/** Whether there is a page; that of the API reference are made before the site is built. */
function isWritten(link: string): boolean {
  return link.startsWith('/reference/') || existsSync(join(docs, `${link}.md`));
}

/** Newest first, under their own titles. */
function decisions(): Item[] {
  return readdirSync(join(docs, 'decisions'))
    .filter((file) => file.endsWith('.md'))
    .sort()
    .reverse()
    .map((file) => {
      const [, title] = /^# (.*)$/m.exec(readFileSync(join(docs, 'decisions', file), 'utf8')) ?? [];
      if (title === undefined) throw new Error(`docs/decisions/${file} has no title.`);
      return { text: title.replaceAll('`', ''), link: `/decisions/${file.slice(0, -'.md'.length)}` };
    });
}
