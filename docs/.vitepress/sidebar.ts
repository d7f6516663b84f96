import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DefaultTheme } from 'vitepress';
import { publishedEntries } from './published-entries.ts';

type Item = DefaultTheme.SidebarItem;

const docs = fileURLToPath(new URL('..', import.meta.url));

/** All pages but the home page, by what a newcomer looks for. */
export function createSidebar(): Item[] {
  return [
    {
      text: 'Start',
      items: [
        { text: 'Your first real call', link: '/first-call' },
        { text: 'Coming from the Python guide', link: '/coming-from-python' },
      ],
    },
    {
      text: 'Providers',
      items: [
        { text: 'AWS Bedrock', link: '/bedrock' },
        { text: 'OpenAI and Azure', link: '/openai' },
        { text: 'Anthropic', link: '/anthropic' },
        { text: 'Google', link: '/google' },
      ],
    },
    {
      text: 'Per-request users',
      items: [
        { text: 'Annotations', link: '/annotations' },
        { text: 'Context: all calls of a request', link: '/context' },
      ],
    },
    {
      text: 'Cost and receipts',
      items: [
        { text: 'Receipts and usage units', link: '/receipts' },
        { text: 'Streams', link: '/streams' },
        { text: 'What it cost, as a page', link: '/report' },
        { text: 'What AWS can tell by itself', link: '/aws-cost-tools' },
      ],
    },
    {
      text: 'Limits and budgets',
      items: [
        { text: 'Limits and blocked calls', link: '/limits' },
        { text: 'Create limits from code', link: '/management' },
        { text: 'Budgets of your own', link: '/budgets' },
      ],
    },
    {
      text: 'Frameworks',
      items: [
        { text: 'Frameworks', link: '/frameworks' },
        { text: 'Web servers', link: '/servers' },
        { text: 'With tracers', link: '/tracers' },
        { text: 'OpenTelemetry', link: '/opentelemetry' },
        { text: 'Plugins', link: '/plugins' },
      ],
    },
    {
      text: 'Tests',
      items: [{ text: 'Testing your own code', link: '/testing' }],
    },
    {
      text: 'Operations',
      items: [
        { text: 'Troubleshooting', link: '/errors' },
        { text: 'payi-doctor', link: '/doctor' },
        { text: 'Direct delivery', link: '/direct-delivery' },
        { text: 'When Pay-i is down', link: '/when-pay-i-is-down' },
        { text: 'Routes and signing', link: '/routes-and-signing' },
        { text: 'Privacy', link: '/privacy' },
      ],
    },
    {
      text: 'Reference',
      items: [
        { text: 'Headers on the wire', link: '/headers' },
        { text: 'Versions', link: '/versions' },
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
