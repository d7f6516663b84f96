/** What newcomers call the matter of a page, where the page itself has other words, or has them too late. */
export const keywords: Readonly<Record<string, string>> = {
  'first-call': 'quickstart get started set up install hello world tutorial api key',
  bedrock: 'aws amazon nova converse invokemodel',
  openai: 'gpt chat completions responses azure openrouter',
  anthropic: 'claude messages',
  google: 'gemini vertex',
  annotations: 'user customer tenant account attribution tags metadata per-request',
  context: 'asynclocalstorage multi-tenant middleware request',
  servers: 'express fastify hono nextjs nestjs koa http server multi-tenant',
  receipts: 'cost price tokens usage money how much did a call cost',
  streams: 'streaming sse chunks',
  report:
    'csv excel spreadsheet export invoice bill chargeback dashboard chart finops cost per user customer month',
  limits: '429 quota rate limit budget exceeded spent reached blocked refused stop spending',
  management: 'create limit use case api kpi score',
  budgets: 'redis valkey spending cap per user without proxy',
  frameworks: 'langchain vercel ai sdk llamaindex mastra agents',
  opentelemetry: 'otel tracing trace datadog grafana honeycomb',
  tracers: 'langfuse langsmith tracing datadog',
  'aws-cost-tools': 'cloudwatch cost explorer billing aws invocation logs',
  plugins: 'hook callback extend',
  testing: 'test mock jest vitest msw nock fake unit ci local',
  errors: 'error 400 401 403 404 not working exception debug help',
  doctor: 'diagnose check nothing shows up',
  'direct-delivery': 'lambda serverless cloudflare workers edge latency without proxy',
  'when-pay-i-is-down': 'outage unavailable fallback timeout retry fail open latency',
  'routes-and-signing': 'proxy sigv4 signature iam route',
  privacy: 'gdpr pii personal data prompt logging secrets',
  headers: 'xproxy http header names',
  versions: 'node version support compatibility upgrade',
};

/**
 * How the search of the site finds and ranks. VitePress gives it to MiniSearch, at build and in the browser.
 *
 * The browser makes these functions anew from their text: those that run there use nothing from outside of them.
 */
export const miniSearch = {
  options: {
    fields: ['title', 'titles', 'text', 'keywords'],
    // Runs at build only. A section has the titles of those above it; the one that opens a page has none.
    extractField: (section: Section, field: string): unknown => {
      if (field !== 'keywords') return section[field as keyof Section];
      const page = section.id.replace(/^\/|\.html.*$/g, '');
      return section.titles.length === 0 ? (keywords[page] ?? '') : '';
    },
    // "retries" is found by "retry", and `maxRetries` too; "pricing" by "price".
    processTerm: (term: string): string[] => {
      const words = [term, ...term.split(/(?<=[a-z\d])(?=[A-Z])/)].map((word) => word.toLowerCase());
      const stems = words.map((word) =>
        word.length < 5 && !/^[a-z]{3}s$/.test(word)
          ? word
          : word
              .replace(/ies$/, 'y')
              .replace(/(?<![su])s$/, '')
              .replace(/(?<=[a-z]{3})(?:ing|ed)$/, '')
              .replace(/(?<=[a-z]{3})e$/, ''),
      );
      return [...new Set(stems)];
    },
  },
  searchOptions: {
    boost: { title: 4, titles: 1, text: 1, keywords: 8 },
    // A number and a short word mean what they say: 429 is not 4290, and "csv" is not "css".
    fuzzy: (term: string): number | false => (/\d/.test(term) || term.length < 6 ? false : 0.2),
    prefix: (term: string): boolean => !/^\d+$/.test(term),
    boostDocument: (id: string, _term: string, section?: { titles?: unknown }): number => {
      // The reference, the figures and the reasons have every word there is.
      if (/^\/(?:reference|decisions)\/|^\/(?:benchmarks|architecture)\./.test(id)) return 0.1;
      const isOpening = Array.isArray(section?.titles) && section.titles.length === 0;
      if (isOpening) return 1.5;
      return /^\/(?:versions|headers|coming-from-python|testing)\./.test(id) ? 0.5 : 1;
    },
  },
};

/** What VitePress adds to the index. */
interface Section {
  /** Page and anchor: `/limits.html#states`. */
  readonly id: string;
  readonly title: string;
  readonly titles: readonly string[];
  readonly text: string;
}
