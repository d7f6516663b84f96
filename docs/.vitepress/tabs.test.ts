import { fileURLToPath } from 'node:url';
import { createMarkdownRenderer } from 'vitepress';
import { beforeAll, describe, expect, it } from 'vitest';
import { tabs } from './tabs.ts';

describe('tabs', () => {
  let render: (...lines: string[]) => Promise<string>;
  beforeAll(async () => {
    const root = fileURLToPath(new URL('..', import.meta.url));
    const markdown = await createMarkdownRenderer(root, { config: tabs }, '/', undefined);
    render = (...lines) => markdown.renderAsync(lines.join('\n\n'), { relativePath: 'page.md' });
  });

  const labelsOf = (html: string): string[] =>
    [...html.matchAll(/role="tab"[^>]*>([^<]*)</g)].map(([, label = '']) => label);
  /** The text of each panel, without the buttons and languages of its blocks. */
  const panelsOf = (html: string): string[] =>
    html
      .split(/<div role="tabpanel"[^>]*>/)
      .slice(1)
      .map((panel) => panel.replaceAll(/<span class="lang">.*?<\/span>|<[^>]*>/g, '').trim());

  it('are for a block that installs, one for each package manager', async () => {
    const html = await render('```sh\nnpm install --save-dev a b\nexport A=1\n```');
    expect(labelsOf(html)).toEqual(['npm', 'pnpm', 'yarn']);
    expect(panelsOf(html)).toEqual([
      'npm install --save-dev a b\nexport A=1',
      'pnpm add --save-dev a b\nexport A=1',
      'yarn add --dev a b\nexport A=1',
    ]);
  });

  it('are not for other blocks', async () => {
    expect(labelsOf(await render('```sh\nnpm test\n```', '```ts\nnpm;\n```'))).toEqual([]);
  });

  it('begin at bold paragraphs between comments, the first open', async () => {
    const html = await render(
      'Before',
      '<!-- tabs -->',
      '**One & all**',
      '```ts\none;\n```',
      'A **bold** word',
      '**Two**',
      '```ts\ntwo;\n```',
      '<!-- /tabs -->',
      '**After**',
    );
    expect(labelsOf(html)).toEqual(['One &amp; all', 'Two']);
    expect(panelsOf(html).map((text) => text.split('\n')[0])).toEqual(['one;', 'two;']);
    expect(html.match(/ hidden/g)).toHaveLength(1);
    expect(html).toContain('<p><strong>After</strong></p>');
  });

  it('of package managers may be inside of others', async () => {
    const html = await render('<!-- tabs -->', '**One**', '```sh\nnpm install a\n```', '<!-- /tabs -->');
    expect(labelsOf(html)).toEqual(['One', 'npm', 'pnpm', 'yarn']);
  });

  it.each([
    ['<!-- tabs -->', '**One**'],
    ['<!-- tabs -->', 'One', '<!-- /tabs -->'],
  ])('that are not whole are an error: %s, %s', async (...lines) => {
    await expect(render(...lines)).rejects.toThrow('page.md: ');
  });
});
