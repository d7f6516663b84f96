import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { headerBudget, headerNames } from '@payi/core';
import { describe, expect, it } from 'vitest';
import { root } from '../src/pages.ts';

describe('docs/annotations.md', () => {
  const page = readFileSync(join(root, 'docs/annotations.md'), 'utf8');
  const { apiKey: _, providerBaseUri: __, forward: ___, ...annotationHeaders } = headerNames;

  it('has one row for each annotation, with its header and its rules', () => {
    const rows = [...page.matchAll(/^\| `(\w+)` +\| `(xProxy-[\w-]+)` +\| .+ \|$/gm)];
    const listed = rows.map(([, field = '', header]) => [field, header] as const);
    expect(Object.fromEntries(listed)).toEqual(annotationHeaders);
    expect(rows).toHaveLength(Object.keys(annotationHeaders).length);
  });

  it('states the byte budget', () => {
    expect(page).toContain(`${headerBudget.valueBytes} bytes`);
    expect(page).toContain(`${headerBudget.totalBytes} bytes`);
  });
});
