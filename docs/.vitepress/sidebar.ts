import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DefaultTheme } from 'vitepress';
import { publishedEntries } from './published-entries.ts';

type Item = DefaultTheme.SidebarItem;

const docs = fileURLToPath(new URL('..', import.meta.url));

/** All pages but the home page, in reading order. */
export function createSidebar(): Item[] {
  return [
    {
      text: 'Getting started',
      items: [
        { text: 'Your first real call', link: '/first-call' },
        { text: 'AWS Bedrock', link: '/bedrock' },
        { text: 'OpenAI', link: '/openai' },
        { text: 'Anthropic', link: '/anthropic' },
        { text: 'Google', link: '/google' },
        { text: 'Frameworks', link: '/frameworks' },
        { text: 'Coming from the Python guide', link: '/coming-from-python' },
      ],
    },
    {
      text: 'Guide',
      items: [
        { text: 'Annotations', link: '/annotations' },
        { text: 'Routes and signing', link: '/routes-and-signing' },
        { text: 'Receipts and usage units', link: '/receipts' },
        { text: 'Streams', link: '/streams' },
        { text: 'Limits and blocked calls', link: '/limits' },
        { text: 'Budgets of your own', link: '/budgets' },
        { text: 'Limits and use cases from code', link: '/management' },
        { text: 'Context', link: '/context' },
        { text: 'Web servers', link: '/servers' },
        { text: 'With tracers', link: '/tracers' },
        { text: 'Direct delivery', link: '/direct-delivery' },
        { text: 'Plugins', link: '/plugins' },
        { text: 'When Pay-i is down', link: '/when-pay-i-is-down' },
        { text: 'What it cost, as a page', link: '/report' },
        { text: 'OpenTelemetry', link: '/opentelemetry' },
        { text: 'Privacy', link: '/privacy' },
        { text: 'Testing', link: '/testing' },
        { text: 'Troubleshooting', link: '/errors' },
        { text: 'payi-doctor', link: '/doctor' },
      ],
    },
    {
      text: 'Reference',
      items: [
        { text: 'Wire reference', link: '/headers' },
        {
          text: 'API reference',
          link: '/reference/',
          collapsed: true,
          items: publishedEntries.map(({ name, page }) => ({ text: name, link: page })),
        },
      ],
    },
    {
      text: 'Project',
      items: [
        { text: 'Architecture', link: '/architecture' },
        { text: 'Decisions', collapsed: true, items: decisions() },
        { text: 'Benchmarks', link: '/benchmarks' },
        { text: 'Versions', link: '/versions' },
      ],
    },
  ];
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
