import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../src/pages.ts';
import { serverTable } from '../src/server-table.ts';
import { unitTables, unread } from '../src/unit-tables.ts';

const command = 'vitest run internal/docs/test/generated-tables.test.ts --update';

const pages: readonly (readonly [page: string, tables: Readonly<Record<string, string>>])[] = [
  ['docs/receipts.md', unitTables],
  ['docs/openai.md', { servers: serverTable }],
];

it.each(pages)('%s has the tables that its data gives: --update writes them', async (name, tables) => {
  const path = join(root, name);
  let page = readFileSync(path, 'utf8');
  for (const [title, table] of Object.entries(tables)) {
    const [start, end] = [`<!-- ${title}: written by ${command} -->\n\n`, `\n<!-- end of ${title} -->\n`];
    const parts = page.split(start);
    expect(parts, `the marker of ${title}`).toHaveLength(2);
    const [before, rest = ''] = parts;
    page = before + start + table + rest.slice(rest.indexOf(end));
  }
  await expect(page).toMatchFileSnapshot(path);
});

it('explains no unit that no reader finds', () => {
  expect(unread).toEqual([]);
});
