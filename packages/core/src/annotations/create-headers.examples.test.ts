import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Annotations } from './annotations.ts';
import { createHeadersExamples, parseHeadersExamples, refusedExamples } from './create-headers.examples.ts';
import { createHeaders } from './create-headers.ts';
import { headerNames } from './header-names.ts';
import { headerBudget } from './header-value.ts';
import { parseHeaders } from './parse-headers.ts';

const page = readFileSync(new URL('../../../../docs/headers.md', import.meta.url), 'utf8');

/** The code blocks of the page, by the `###` title above them. */
const blocks = new Map(
  [...page.matchAll(/^### (.+)\n+```[jt]s\n([\s\S]*?)^```$/gm)].map(([, title, code]) => [
    title,
    code as string,
  ]),
);

/** Runs a block that prints one value and says it in `// ` lines below; gives both. */
function run(code: string): { shown: string; given: unknown } {
  const shown = [...code.matchAll(/^\/\/ ?(.*)$/gm)].map(([, line]) => line).join('\n');
  const printed: unknown[] = [];
  const console = { log: (value: unknown) => printed.push(value) };
  const evaluate = new Function('createHeaders', 'parseHeaders', 'console', code.replace(/^import .*$/m, ''));
  evaluate(createHeaders, parseHeaders, console);
  return { shown, given: printed[0] };
}

const evaluated = (literal: string): unknown => new Function(`return ${literal};`)();

describe('docs/headers.md', () => {
  it('shows each example of create-headers.examples.ts and no other', () => {
    const titles = [createHeadersExamples, parseHeadersExamples, refusedExamples].flatMap(Object.keys);
    expect([...blocks.keys()]).toEqual(titles);
  });

  it.each(Object.entries(createHeadersExamples))(
    'shows what happens: %s',
    (title, { annotations, headers }) => {
      expect(createHeaders(annotations)).toEqual(headers);
      const { shown, given } = run(blocks.get(title) as string);
      expect(given).toEqual(headers);
      expect(evaluated(shown)).toEqual(headers);
    },
  );

  it.each(Object.entries(parseHeadersExamples))(
    'shows what happens: %s',
    (title, { headers, annotations }) => {
      expect(parseHeaders(headers)).toEqual(annotations);
      const { shown, given } = run(blocks.get(title) as string);
      expect(given).toEqual(annotations);
      expect(evaluated(shown)).toEqual(annotations);
    },
  );

  it.each(Object.entries(refusedExamples))('shows what is refused: %s', (title, { annotations, message }) => {
    expect(() => createHeaders(annotations as Annotations)).toThrow(message);
    const code = blocks.get(title) as string;
    expect(() => run(code)).toThrow(message);
    expect(code).toMatch(/^\/\/ (InvalidAnnotationError|HeaderEncodingError): /m);
    expect(code).toContain(message);
  });

  it('begins with an example that gives what it says', () => {
    const [, code] = /^```ts\n(import (?:.|\n)+?)^```$/m.exec(page) ?? [];
    const { shown, given } = run(code as string);
    expect(given).toEqual(evaluated(shown));
  });

  it('names every header, and in its table every field beside its header', () => {
    for (const name of Object.values(headerNames)) expect(page).toContain(`\`${name}`);
    const { apiKey: _, providerBaseUri: __, forward: ___, ...annotationHeaders } = headerNames;
    for (const [field, name] of Object.entries(annotationHeaders)) {
      expect(page).toMatch(new RegExp(`^\\| \`${field}\` +\\| \`${name}\` +\\| .+ \\| .+ \\| .+ \\|$`, 'm'));
    }
  });

  it('states the byte budget', () => {
    expect(page).toContain(`${headerBudget.valueBytes} bytes`);
    expect(page).toContain(`${headerBudget.totalBytes} bytes`);
  });
});
