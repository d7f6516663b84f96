import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { keywords, miniSearch } from './search.ts';

/** What newcomers type, and the pages that may come first. */
const searches: readonly (readonly [query: string, ...pages: string[]])[] = [
  ['429', 'limits', 'servers'],
  ['rate limit', 'limits'],
  ['budget exceeded', 'limits'],
  ['blocked call', 'limits', 'servers'],
  ['streaming', 'streams', 'servers'],
  ['sse', 'streams', 'servers'],
  ['cost', 'report', 'receipts'],
  ['cost per user', 'report'],
  ['how much does a call cost', 'receipts', 'report'],
  ['tokens', 'receipts'],
  ['pricing', 'receipts'],
  ['csv', 'report'],
  ['invoice customer', 'report'],
  ['lambda', 'direct-delivery'],
  ['cloudflare workers', 'direct-delivery'],
  ['langchain', 'frameworks', 'tracers'],
  ['vercel ai sdk', 'frameworks'],
  ['express', 'context', 'servers'],
  ['nextjs', 'servers'],
  ['langfuse', 'tracers'],
  ['cloudwatch', 'aws-cost-tools'],
  ['multi-tenant', 'context', 'servers'],
  ['per-request user', 'annotations'],
  ['getting started', 'first-call'],
  ['install', 'first-call'],
  ['api key', 'first-call'],
  ['401', 'errors'],
  ['azure', 'openai'],
  ['claude', 'anthropic'],
  ['gemini', 'google'],
  ['aws', 'bedrock'],
  ['python', 'coming-from-python'],
  ['sigv4', 'routes-and-signing'],
  ['jest', 'testing'],
  ['mock', 'testing'],
  ['datadog', 'opentelemetry', 'tracers'],
  ['redis', 'budgets'],
  ['outage', 'when-pay-i-is-down'],
  ['retries', 'when-pay-i-is-down'],
  ['gdpr', 'privacy'],
  ['prompt logging', 'privacy'],
  ['kpi', 'management'],
  ['receiptOf', 'receipts'],
];

interface Index {
  search(query: string): readonly { readonly id: string }[];
}

/** MiniSearch as VitePress has it: the site's own `package.json` does not name it. */
const require = createRequire(createRequire(import.meta.url).resolve('vitepress'));
const chunks = new URL('dist/assets/chunks/', import.meta.url);

describe('the search of the site', () => {
  let index: Index;
  beforeAll(async () => {
    const file = readdirSync(chunks).find((name) => name.startsWith('@localSearchIndexroot.')) ?? '';
    const built = (await import(/* @vite-ignore */ new URL(file, chunks).href)) as { default: string };
    const module = (await import(/* @vite-ignore */ pathToFileURL(require.resolve('minisearch')).href)) as {
      default: { loadJSON(json: string, options: object): Index };
    };
    // As VPLocalSearchBox.vue does.
    index = module.default.loadJSON(built.default, {
      storeFields: ['title', 'titles'],
      searchOptions: miniSearch.searchOptions,
      ...miniSearch.options,
    });
  });

  it.each(searches)('finds for "%s" the page %s first', (query, ...pages) => {
    const [first] = index.search(query);
    expect(pages).toContain(first?.id.replace(/^\/|\.html.*$/g, ''));
  });

  it('finds what only the reference has', () => {
    expect(index.search('parseHeaders')[0]?.id).toMatch(/^\/(?:headers|reference)/);
    expect(index.search('BytesAnswer')[0]?.id).toMatch(/^\/reference\/@payi\/testkit/);
  });
});

it('keywords are for pages that there are', () => {
  const isThere = (page: string): boolean =>
    existsSync(fileURLToPath(new URL(`../${page}.md`, import.meta.url)));
  expect(Object.keys(keywords).filter((page) => !isThere(page))).toEqual([]);
});
