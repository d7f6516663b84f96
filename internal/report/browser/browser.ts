/**
 * A Chromium to look at pages with. It comes with the npm package, for Linux on x64; elsewhere `PAYI_CHROMIUM` names an
 * executable.
 */
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Page } from 'playwright-core';

export type ColorScheme = 'light' | 'dark';

/** A page in a window of its own. */
export interface OpenPage {
  readonly page: Page;
  /** What the page reported as errors. */
  readonly problems: readonly string[];
  close(): Promise<void>;
}

const here = import.meta.dirname;

/** Where pictures go. */
export const pictures: string = join(here, 'pictures');
mkdirSync(pictures, { recursive: true });

const { chromium } = await import('playwright-core');
const { executablePath, env } = await findBrowser();
export const browser = await chromium.launch({
  executablePath,
  env: { ...process.env, ...env },
  args: ['--no-sandbox', '--no-zygote', '--font-render-hinting=none'],
});

/** Opens a window that is always the same: its size, its language, its time zone. */
export async function open(
  url: string,
  width: number,
  colorScheme: ColorScheme,
  height = 900,
): Promise<OpenPage> {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme,
    locale: 'en-US',
    timezoneId: 'UTC',
    reducedMotion: 'reduce',
  });
  // For what never comes. A busy machine must not look like it.
  context.setDefaultTimeout(180_000);
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(error.message));
  await page.goto(url);
  return { page, problems, close: () => context.close() };
}

/** Unpacks the browser of the npm package, once, with the libraries and the font that it needs. */
async function findBrowser(): Promise<{ executablePath: string; env: Record<string, string> }> {
  const { PAYI_CHROMIUM, TMPDIR } = process.env;
  if (PAYI_CHROMIUM !== undefined) return { executablePath: PAYI_CHROMIUM, env: {} };
  const require = createRequire(import.meta.url);
  const folder = join(dirname(require.resolve('@sparticuz/chromium')), '..');
  const { version } = require(join(folder, 'package.json')) as { version: string };
  const home = join(here, 'node_modules/.cache', `chromium-${version}`);
  if (!existsSync(home)) {
    const unfinished = `${home}.${process.pid}`;
    mkdirSync(unfinished, { recursive: true });
    // The package unpacks into the folder for temporary files.
    process.env.TMPDIR = unfinished;
    const { default: packed, inflate } = await import('@sparticuz/chromium');
    await packed.executablePath();
    await inflate(join(folder, 'bin/al2023.tar.br'));
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    const fonts = `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>${home}/fonts/fonts</dir><cachedir>${home}/fonts-cache</cachedir></fontconfig>`;
    writeFileSync(join(unfinished, 'fonts/fonts.conf'), fonts);
    renameSync(unfinished, home);
  }
  return {
    executablePath: join(home, 'chromium'),
    env: { LD_LIBRARY_PATH: join(home, 'al2023/lib'), FONTCONFIG_PATH: join(home, 'fonts') },
  };
}
