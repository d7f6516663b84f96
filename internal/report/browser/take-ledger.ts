/**
 * Takes the picture of the local Pay-i's page that the documentation shows, `docs/images/ledger.webp`: half an hour of
 * calls through real clients, on a clock that is moved by hand.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mock } from 'node:test';
import OpenAI from 'openai';
import { createHeaders, createPayi, isLimitReached } from '../../../packages/core/dist/index.js';
import { withPayi } from '../../../packages/openai/dist/index.js';
import { startOpenAI, startPayi } from '../../../packages/testkit/dist/index.js';
import { browser, open } from './browser.ts';

const images = join(import.meta.dirname, '../../../docs/images');
const width = 1240;
const scale = 1.6;

// Before anything reads the time.
mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 10, 30, 9, 0) });

let inputTokens = 0;
await using provider = await startOpenAI({
  answer: () => ({ text: 'Hello!', usage: { inputTokens, outputTokens: Math.round(inputTokens / 5) } }),
});
await using payi = await startPayi({
  limits: [
    { id: 'acme_monthly', max: 2, type: 'block' },
    { id: 'free_plan', max: 0.25, type: 'block' },
  ],
});
const client = withPayi(new OpenAI({ ...provider.clientConfig, maxRetries: 0 }), {
  payi: createPayi({ apiKey: payi.apiKey, baseUrl: payi.url }),
});

/** Use case, user, account, limit, model, and tokens of a prompt. */
const callers = [
  ['support_chat', 'u-42', 'Acme', 'acme_monthly', 'gpt-4o', 9000],
  ['document_search', 'u-17', 'Acme', 'acme_monthly', 'gpt-4o-mini', 30_000],
  ['product_text', 'u-88', 'Globex', 'free_plan', 'gpt-4o', 6000],
  ['support_chat', 'u-91', 'Initech', 'free_plan', 'gpt-4o', 4000],
] as const;

for (let minute = 0; minute < 30; minute += 1) {
  for (const [index, [useCaseName, userId, accountName, limitId, model, tokens]] of callers.entries()) {
    if ((minute + index) % (index + 1) !== 0) continue;
    inputTokens = Math.round(tokens * (1 + Math.sin(minute / 4 + index)) + 500);
    await client.chat.completions
      .create(
        { model, messages: [{ role: 'user', content: 'Hello' }] },
        { headers: createHeaders({ useCaseName, userId, accountName, limitIds: [limitId] }) },
      )
      .catch((error: unknown) => {
        if (!isLimitReached(error)) throw error;
      });
  }
  mock.timers.tick(60_000);
}
mock.timers.reset();

const { page, problems, close } = await open(payi.url, width, 'light');
if (problems.length > 0) throw new Error(problems.join('\n'));
await page.locator('#by').selectOption('account');
const height = Math.ceil(
  Number(await page.evaluate('document.documentElement.getBoundingClientRect().height')),
);
const session = await page.context().newCDPSession(page);
const { data } = await session.send('Page.captureScreenshot', {
  format: 'webp',
  quality: 60,
  captureBeyondViewport: true,
  clip: { x: 0, y: 0, width, height, scale },
});
mkdirSync(images, { recursive: true });
const file = join(images, 'ledger.webp');
const bytes = Buffer.from(data, 'base64');
writeFileSync(file, bytes);
process.stdout.write(`${file}: ${bytes.length} bytes\n`);
await close();
await browser.close();
