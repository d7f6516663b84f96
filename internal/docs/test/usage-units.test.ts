import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../src/pages.ts';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');

describe('docs/receipts.md', () => {
  const section = /^## Usage units\n([\s\S]*?)^### /m.exec(read('docs/receipts.md'))?.[1] ?? '';
  const rows = [...section.matchAll(/^\| `(\w+)` +\| ([^|]*) \| ([^|]*) \|$/gm)];

  it('lists every unit that readers of usage count, and no other', () => {
    const readers = globSync('packages/core/src/usage/*.ts', { cwd: root })
      .filter((file) => !file.endsWith('.test.ts'))
      .map(read)
      .join('\n');
    const counted = [...readers.matchAll(/addUnit\(units, '(\w+)'|: '(guardrail_\w+)'/g)].map(
      ([, unit, guardrailUnit]) => unit ?? guardrailUnit,
    );
    expect(counted.length).toBeGreaterThan(10);
    expect(rows.map(([, unit]) => unit).sort()).toEqual([...new Set(counted)].sort());
  });

  it("names Bedrock's counter beside each unit of guardrails", () => {
    const names = [...read('packages/core/src/usage/guardrail.ts').matchAll(/(\w+): '(guardrail_\w+)'/g)];
    for (const [, counter, unit] of names) {
      const [, , , meaning] = rows.find(([, listed]) => listed === unit) ?? [];
      expect(meaning).toContain(`\`${counter}\``);
    }
  });
});
