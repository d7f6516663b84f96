import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { root } from '../src/pages.ts';

const page = readFileSync(join(root, 'docs/errors.md'), 'utf8');

const sources = globSync('packages/*/src/**/*.ts', { cwd: root })
  .filter((file) => !/\.(test|test-d|examples)\.ts$|__fixtures__/.test(file))
  .map((file) =>
    ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.ESNext, true),
  );

/** Calls back for every node of the source files of a folder. */
function walk(folder: string, onNode: (node: ts.Node) => void): void {
  const visit = (node: ts.Node): void => {
    onNode(node);
    ts.forEachChild(node, visit);
  };
  for (const source of sources) if (source.fileName.startsWith(folder)) visit(source);
}

/** Members of the union of texts that a type of this name stands for. */
function membersOf(typeName: string): string[] {
  const members: string[] = [];
  walk('packages', (node) => {
    if (!ts.isTypeAliasDeclaration(node) || node.name.text !== typeName) return;
    const types = ts.isUnionTypeNode(node.type) ? node.type.types : [node.type];
    for (const type of types) {
      if (ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal)) members.push(type.literal.text);
    }
  });
  return members.sort();
}

/** The text of an expression as one reads it: template holes and other non-literals are `…`. */
function wordingOf(expression: ts.Expression): string {
  if (ts.isStringLiteralLike(expression)) return expression.text;
  if (ts.isTemplateExpression(expression)) {
    return expression.head.text + expression.templateSpans.map((span) => `…${span.literal.text}`).join('');
  }
  if (ts.isBinaryExpression(expression)) return wordingOf(expression.left) + wordingOf(expression.right);
  return '…';
}

/** First arguments of `new <name>(…)`, `this.<name>(…)` or `<name>(…)`, in words. */
function wordingsGivenTo(name: string, argumentIndex = 0, folder = 'packages'): string[] {
  const wordings: string[] = [];
  walk(folder, (node) => {
    if (!ts.isNewExpression(node) && !ts.isCallExpression(node)) return;
    const called = ts.isPropertyAccessExpression(node.expression) ? node.expression.name : node.expression;
    const argument = node.arguments?.[argumentIndex];
    if (called.getText() !== name || argument === undefined) return;
    const either = ts.isConditionalExpression(argument)
      ? [argument.whenTrue, argument.whenFalse]
      : [argument];
    wordings.push(...either.map(wordingOf));
  });
  return wordings;
}

/** The section under a `##` heading, up to the next one. */
function sectionOf(title: string): string {
  return new RegExp(`^## ${title}\\n([\\s\\S]*?)(?=^## )`, 'm').exec(page)?.[1] ?? '';
}

/** Headings that are codes, and what stands under each. */
function entriesOf(section: string): Map<string, string> {
  return new Map(
    [...section.matchAll(/^### ([A-Z_]+)\n([\s\S]*?)(?=^### |$(?![\s\S]))/gm)].map(
      ([, code = '', text = '']) => [code, text],
    ),
  );
}

/** The messages that the table of an entry quotes, one list for each row. */
function quotedIn(entry: string): string[][] {
  return [...entry.matchAll(/^\| (`[^|]*) \|/gm)].map(([, cell = '']) =>
    [...cell.matchAll(/`([^`]*)`/g)].map(([, quoted = '']) => quoted),
  );
}

/** Whether a message of the sources reads as quoted; `…` on either side stands for anything. */
function isWordedAs(wording: string, quoted: string): boolean {
  const parts = quoted.split('…').map((part) => part.trim());
  let from = 0;
  for (const part of parts.filter((part) => part !== '')) {
    const at = wording.indexOf(part, from);
    if (at === -1) return false;
    from = at + part.length;
  }
  return true;
}

/** The messages of diagnostics with this code, in words. */
function messagesWith(code: string, folder: string): string[] {
  const messages: string[] = [];
  walk(folder, (node) => {
    if (!ts.isObjectLiteralExpression(node)) return;
    const members = node.properties.filter(ts.isPropertyAssignment);
    const memberOf = (name: string) => members.find((member) => member.name.getText() === name)?.initializer;
    const message = memberOf('message');
    if (memberOf('code')?.getText() === `'${code}'` && message !== undefined)
      messages.push(wordingOf(message));
  });
  return messages;
}

/** Messages about the queue of events, its journal, and the files of the journal. */
function deliveryFailures(): string[] {
  const queue = 'packages/core/src/delivery';
  const aboutJournal: string[] = [];
  walk(queue, (node) => {
    if (ts.isStringLiteral(node) && node.text.startsWith('the journal ')) aboutJournal.push(node.text);
  });
  return [
    ...[...wordingsGivenTo('#fail', 0, queue), ...wordingsGivenTo('fail', 0, queue)].filter(
      (wording) => !wording.endsWith('given up: …'),
    ),
    ...wordingsGivenTo('giveUp', 1, queue).map((reason) => `… event(s) given up: ${reason}`),
    ...aboutJournal,
    ...wordingsGivenTo('report', 0, 'packages/core/src/journal'),
    ...messagesWith('DELIVERY_FAILED', 'packages/core/src/http'),
  ];
}

/** Messages of errors about options. The options of delivery are checked by a table of what they must be. */
function configurationErrors(): string[] {
  const table = readFileSync(join(root, 'packages/core/src/settings/parse-delivery.ts'), 'utf8');
  const rules = [...table.matchAll(/(const )?(\w+): (?:Rule = )?\[\s*(?:'([^']+)'|"([^"]+)"),\s/g)].map(
    ([, shared, name, form, quoting]) => `delivery.${shared ? '…' : name} must be ${form ?? quoting}`,
  );
  expect(rules.length).toBeGreaterThan(3);
  const wordings = wordingsGivenTo('ConfigurationError').filter((text) => text !== 'delivery.… must be …');
  return [...wordings, ...rules];
}

describe('docs/errors.md', () => {
  const errors = entriesOf(sectionOf('Errors'));
  const diagnostics = entriesOf(sectionOf('Diagnostics'));

  it.each([
    ['PayiErrorCode', errors],
    ['DiagnosticCode', diagnostics],
  ])('has an entry for each %s, and no other', (typeName, entries) => {
    expect(membersOf(typeName).length).toBeGreaterThan(3);
    expect([...entries.keys()].sort()).toEqual(membersOf(typeName));
  });

  it.each([...errors, ...diagnostics])(
    'says of %s what causes it, how to see it and how to fix it',
    (_, entry) => {
      for (const label of ['Cause', 'See it', 'Fix']) expect(entry).toContain(`- **${label}:**`);
    },
  );

  it.each([
    ['CONFIGURATION', errors, configurationErrors],
    ['DELIVERY_FAILED', diagnostics, deliveryFailures],
  ])('quotes the messages of %s as they are, and leaves none out', (code, entries, read) => {
    const wordings = read().filter((wording) => /\w{3} \w/.test(wording));
    const quotes = quotedIn(entries.get(code) ?? '').flat();
    const invented = quotes.filter((quoted) => !wordings.some((wording) => isWordedAs(wording, quoted)));
    const missing = wordings.filter((wording) => !quotes.some((quoted) => isWordedAs(wording, quoted)));
    expect({ invented, missing }).toEqual({ invented: [], missing: [] });
  });
});

describe('docs/doctor.md', () => {
  it('names each finding that has a fix', () => {
    const folder = 'packages/doctor/src';
    const codes = [
      ...wordingsGivenTo('error', 0, folder),
      ...wordingsGivenTo('warning', 0, folder),
      ...wordingsGivenTo('findingOf', 2, folder),
    ].filter((wording) => /^[A-Z_]+$/.test(wording));
    expect(codes.length).toBeGreaterThan(40);
    const guide = readFileSync(join(root, 'docs/doctor.md'), 'utf8');
    expect(codes.filter((code) => !guide.includes(`\`${code}\``))).toEqual([]);
  });
});
