/**
 * Looks at the built documentation, `docs/.vitepress/dist`, in a browser: every page at three widths. Fails when
 * something reaches beyond the window, when a page reports an error, or when tabs, search and sidebar do not do what
 * they are for. Pictures of some pages go to `pictures/`.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createReadStream, existsSync, globSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import type { Page } from 'playwright-core';
import { browser, open, pictures } from './browser.ts';

const site = join(import.meta.dirname, '../../../docs/.vitepress/dist');
const widths = [390, 1280, 1500];
/** Pages that show all there is: tabs, tables, a picture, two languages side by side, what TypeDoc writes. */
const pictured = ['index', 'errors', 'coming-from-python', 'reference/@payi/core'];

if (!existsSync(site)) throw new Error('There is no built site. Run: pnpm run docs:build');
const pages = globSync(['*.html', 'reference/@payi/core.html'], { cwd: site }).filter(
  (page) => page !== '404.html',
);
assert.ok(pages.length > 20);

const server = createServer((request, response) => {
  const path = decodeURIComponent(new URL(request.url ?? '/', 'http://site').pathname);
  const file = join(site, path.endsWith('/') ? `${path}index.html` : path);
  if (!existsSync(file)) return void response.writeHead(404).end();
  response.setHeader('cache-control', 'max-age=3600');
  response.setHeader('content-type', contentTypes[extname(file)] ?? 'application/octet-stream');
  createReadStream(file).pipe(response);
});
const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.webp': 'image/webp',
};
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

try {
  const { page, problems, close } = await open(`${url}/`, 1500, 'light');
  for (const file of pages) {
    await page.goto(`${url}/${file}`);
    await page.waitForFunction(`'__vue_app__' in document.getElementById('app')`);
    for (const width of widths) {
      await page.setViewportSize({ width, height: 900 });
      await checkLayout(page, `${file} at ${width} px`);
      if (pictured.includes(file.replace(/\.html$/, ''))) await takePictures(page, file, width);
    }
    assert.deepEqual(problems, [], file);
  }
  await close();
  await checkTabs();
  await checkSearch();
  process.stdout.write(`The ${pages.length} pages of the site are as they should be.\n`);
} finally {
  await browser.close();
  server.close();
}

async function checkLayout(page: Page, where: string): Promise<void> {
  assert.deepEqual(await page.evaluate(`(${beyondTheWindow})()`), [], where);
  assert.deepEqual(await page.evaluate(`(${narrowFirstColumns})()`), [], where);
  // The sidebar begins where the title above it does, and all of it is in the window.
  assert.deepEqual(await page.evaluate(`(${sidebarFaults})()`), [], where);
}

async function takePictures(page: Page, file: string, width: number): Promise<void> {
  const name = file.replace(/\.html$/, '').replaceAll(/[/@]+/g, '-');
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.waitForFunction(
      `document.documentElement.classList.contains('dark') === ${colorScheme === 'dark'}`,
    );
    await page.screenshot({ path: join(pictures, `site-${name}-${width}-${colorScheme}.png`) });
  }
}

/** Runs in the page. What can be seen, reaches beyond the window, and is in nothing that scrolls. */
function beyondTheWindow(): string[] {
  const isClipped = (element: Element | null): boolean =>
    element !== null &&
    element !== document.body &&
    (getComputedStyle(element).overflowX !== 'visible' || isClipped(element.parentElement));
  const wide = [...document.querySelectorAll('body *')].filter((element) => {
    const { left, right, width } = element.getBoundingClientRect();
    return (
      width > 1 &&
      (right > innerWidth + 1 || left < -1) &&
      element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
      !isClipped(element)
    );
  });
  const faults = wide.map(({ tagName, className }) => `${tagName}.${className}`);
  if (document.documentElement.scrollWidth > innerWidth) faults.push('the page scrolls sideways');
  return faults;
}

/** Runs in the page. On a phone: first columns that are too narrow to read, or leave no space for the others. */
function narrowFirstColumns(): string[] {
  if (innerWidth > 500) return [];
  return [...document.querySelectorAll('.vp-doc tr:first-child > :first-child')].flatMap((cell) => {
    const { width } = cell.getBoundingClientRect();
    return width < 100 || width > innerWidth / 2 ? [`${cell.textContent}: ${width} px`] : [];
  });
}

/** Runs in the page. Where there is a sidebar beside it. */
function sidebarFaults(): string[] {
  const leftOf = (selector: string): number =>
    document.querySelector(selector)?.getBoundingClientRect().left ?? 0;
  const [title, item] = [leftOf('.VPNavBarTitle .title'), leftOf('.VPSidebarItem .text')];
  return innerWidth < 960 || (title === item && item >= 32) ? [] : [`title at ${title}, items at ${item}`];
}

async function checkTabs(): Promise<void> {
  const { page, problems, close } = await open(`${url}/first-call.html`, 1280, 'light');
  const seen = page.locator('.vp-doc [role=tabpanel]:visible code:visible');
  const textOfSeen = async (): Promise<string> => (await seen.allTextContents()).join('\n');
  assert.match(await textOfSeen(), /npm install @payi\/core @payi\/bedrock/);
  await page.getByRole('tab', { name: 'Anthropic' }).first().click();
  assert.match(await textOfSeen(), /npm install @payi\/core @payi\/anthropic[\s\S]*new Anthropic\(\)/);
  await page.locator('[role=tab]:visible', { hasText: /^npm$/ }).first().press('ArrowRight');
  assert.match(await textOfSeen(), /^pnpm add @payi\/core @payi\/anthropic/);
  assert.doesNotMatch(await textOfSeen(), /npm install|Bedrock/);
  // Other pages remember, whether one comes to them by a link or by a visit.
  await page.getByRole('link', { name: 'Google', exact: true }).click();
  await page.getByRole('heading', { name: 'Google: Gemini API' }).waitFor();
  await page.locator('code:visible', { hasText: 'pnpm add @payi/core @payi/google' }).waitFor();
  await page.goto(`${url}/`);
  await page.locator('code:visible', { hasText: 'pnpm add @payi/core @payi/anthropic' }).waitFor();
  assert.deepEqual(problems, []);
  await close();
}

async function checkSearch(): Promise<void> {
  const { page, problems, close } = await open(`${url}/`, 1280, 'light');
  await page.locator('.VPNavBarSearchButton').click();
  for (const [query, expected] of [
    ['csv', '/report.html'],
    ['gdpr', '/privacy.html'],
  ] as const) {
    await page.locator('#localsearch-input').fill(query);
    await page.waitForFunction(
      `document.querySelector('.VPLocalSearchBox .result')?.getAttribute('href')?.startsWith('${expected}')`,
    );
  }
  await page.screenshot({ path: join(pictures, 'site-search.png') });
  assert.deepEqual(problems, []);
  await close();
}
