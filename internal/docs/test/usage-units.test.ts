import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as formats from '../../../packages/core/src/usage/formats.ts';
import { root } from '../src/pages.ts';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Unit → where a provider counts it, in every format. */
const places = new Map<string, string[]>();

function collect(format: object): void {
  for (const [key, source] of Object.entries(format)) {
    const [, unit] = /^(?:\w+\/)?(\w+)\.(?:input|output)$/.exec(key) ?? [];
    if (typeof source === 'object') collect(source);
    else if (unit !== undefined) places.set(unit, [...(places.get(unit) ?? []), String(source)]);
  }
}

for (const format of Object.values(formats)) if (typeof format === 'object') collect(format);

describe('docs/receipts.md', () => {
  const section = /^## Usage units\n([\s\S]*?)^### /m.exec(read('docs/receipts.md'))?.[1] ?? '';
  const rows = [...section.matchAll(/^\| `(\w+)` +\| ([^|]*) \| ([^|]*) \|$/gm)];

  it('lists every unit that readers of usage count, and no other', () => {
    expect(places.size).toBeGreaterThan(10);
    expect(rows.map(([, unit]) => unit).sort()).toEqual([...places.keys()].sort());
  });

  it("names Bedrock's counter beside each unit of guardrails", () => {
    const guardrailUnits = [...places].filter(([unit]) => unit.startsWith('guardrail_'));
    expect(guardrailUnits.length).toBeGreaterThan(5);
    for (const [unit, [counter]] of guardrailUnits) {
      const [, , , meaning] = rows.find(([, listed]) => listed === unit) ?? [];
      expect(meaning).toContain(`\`${counter}\``);
    }
  });
});
