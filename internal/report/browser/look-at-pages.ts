/**
 * Looks at the page of payi-report and at the page of the local Pay-i in a browser: three widths, light and dark. Fails when
 * a page is wider than the window, reports an error, or does not do what its controls say. Pictures go to `pictures/`.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { callOfLine, renderPage, Tally } from '../../../packages/report/dist/index.js';
import { startPayi } from '../../../packages/testkit/dist/index.js';
import { browser, open, pictures } from './browser.ts';

try {
  const file = join(pictures, 'report.html');
  writeFileSync(file, reportPage());
  await look('report', `file://${file}`);
  await checkControls(`file://${file}`);
  await using payi = await startPayi({ limits: [{ id: 'team', max: 1, type: 'block' }] });
  await ingest(payi.url, payi.apiKey, 'one');
  await look('ledger', payi.url);
  await checkThatItIsLive(payi.url, payi.apiKey);
  process.stdout.write('The pages are as they should be.\n');
} finally {
  await browser.close();
}

async function look(name: string, url: string): Promise<void> {
  for (const [width, colorScheme] of [
    [390, 'light'],
    [1440, 'dark'],
    [1920, 'light'],
  ] as const) {
    const { page, problems, close } = await open(url, width, colorScheme);
    await page.screenshot({ path: join(pictures, `${name}-${width}-${colorScheme}.png`), fullPage: true });
    const isTooWide = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
    assert.equal(isTooWide, false, `${name} is wider than ${width} px`);
    assert.deepEqual(problems, []);
    await close();
  }
}

async function textOf(element: { textContent(): Promise<string | null> }): Promise<string> {
  return (await element.textContent()) ?? '';
}

async function checkControls(url: string): Promise<void> {
  const { page, problems, close } = await open(url, 1440, 'light');
  const chart = page.getByRole('img', { name: /^Cost over time: 3 points, highest / });
  assert.equal(await chart.count(), 1);
  assert.match(
    await textOf(page.locator('#limits tbody')),
    /^accountName\/day: acme\$2\.00\$1\.00\$5\.00\$2\.00/,
  );
  assert.equal(await page.getByRole('img', { name: '2 windows, highest $4.00' }).count(), 1);
  assert.match(await textOf(page.locator('#table tbody')), /^<b>chat<\/b>/);
  await page.locator('#by').selectOption('account');
  await page.getByRole('button', { name: 'Calls' }).click();
  assert.equal(await textOf(page.locator('th[aria-sort=descending]')), 'Calls');
  await page.getByRole('searchbox').fill('acme');
  assert.equal(await textOf(page.locator('#count')), '1 shown');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download CSV' }).click(),
  ]);
  let csv = '';
  for await (const piece of await download.createReadStream()) csv += piece;
  assert.match(csv, /^Account,Calls,.*\r\n"Acme, Inc\.",2,/);
  await page.getByRole('searchbox').fill('');
  await page.locator('#filter-provider').selectOption('=system.openai');
  assert.match(await textOf(page.locator('#totals')), /^Calls2Blocked/);
  assert.deepEqual(problems, []);
  await close();
}

async function checkThatItIsLive(url: string, apiKey: string): Promise<void> {
  const { page, problems, close } = await open(url, 1440, 'light');
  assert.match(await textOf(page.locator('#totals')), /^Calls1Blocked/);
  await ingest(url, apiKey, 'two');
  await page.locator('#table tbody th', { hasText: 'two' }).waitFor();
  assert.match(await textOf(page.locator('#totals')), /^Calls2Blocked/);
  assert.match(await textOf(page.locator('#limits')), /teamok/);
  assert.deepEqual(problems, []);
  await close();
}

async function ingest(url: string, apiKey: string, useCase: string): Promise<void> {
  const response = await fetch(`${url}/api/v1/ingest`, {
    method: 'POST',
    headers: { 'xproxy-api-key': apiKey, 'xproxy-usecase-name': useCase, 'content-type': 'application/json' },
    body: JSON.stringify({
      category: 'system.openai',
      resource: 'gpt-4o',
      units: { text: { input: 1000, output: 100 } },
    }),
  });
  assert.equal(response.status, 200);
}

function reportPage(): string {
  const tally = new Tally(86_400_000, 1000);
  const events = [
    ['2026-11-01', 'system.openai', 'gpt-4o', '<b>chat</b>', 'Acme, Inc.', 2_000_000],
    ['2026-11-02', 'system.openai', 'gpt-4o', 'search', 'Globex', 10],
    [
      '2026-11-03',
      'system.aws.bedrock',
      'anthropic.claude-3-7-sonnet-20250219-v1:0',
      'search',
      'Acme, Inc.',
      7,
    ],
  ] as const;
  for (const [day, category, resource, use_case_name, account_name, input] of events) {
    const event = {
      category,
      resource,
      units: { text: { input, output: 10 } },
      event_timestamp: `${day}T10:00:00.000Z`,
      http_status_code: 200,
      use_case_name,
      account_name,
    };
    tally.add(callOfLine(JSON.stringify(event)) as NonNullable<ReturnType<typeof callOfLine>>);
  }
  return renderPage({
    title: 'What GenAI calls cost',
    note: 'Estimates.',
    periodMs: 86_400_000,
    cells: tally.cells,
    limits: [
      {
        id: 'accountName/day: acme',
        max: 5,
        spent: 2,
        reserved: 1,
        history: [
          { startsAt: '2026-11-02T00:00:00.000Z', spent: 4, reserved: 0 },
          { startsAt: '2026-11-03T00:00:00.000Z', spent: 2, reserved: 1 },
        ],
      },
    ],
  });
}
