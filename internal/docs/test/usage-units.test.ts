import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../src/pages.ts';
import { unitTables, unread } from '../src/unit-tables.ts';

const path = join(root, 'docs/receipts.md');
const command = 'vitest run internal/docs/test/usage-units.test.ts --update';

it('docs/receipts.md lists what the readers find: --update writes its tables', async () => {
  let page = readFileSync(path, 'utf8');
  for (const [name, table] of Object.entries(unitTables)) {
    const [start, end] = [`<!-- ${name}: written by ${command} -->\n\n`, `\n<!-- end of ${name} -->\n`];
    const parts = page.split(start);
    expect(parts, `the marker of ${name}`).toHaveLength(2);
    const [before, rest = ''] = parts;
    page = before + start + table + rest.slice(rest.indexOf(end));
  }
  await expect(page).toMatchFileSnapshot(path);
});

it('explains nothing that no reader finds', () => {
  expect(unread).toEqual([]);
});
