import { withoutCode } from './fences.ts';

/** Where a page leads. */
export interface Link {
  /** As it is written, e.g. `errors.md#diagnostics`. */
  readonly target: string;
  /** Counted from 1. */
  readonly line: number;
}

const forms = [
  // [text](target "title"), ![text](target)
  /\]\(\s*<?([^\s)>]*)>?(?:\s+["'(][^\n]*?["')])?\s*\)/g,
  // [name]: target
  /^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)>?/gm,
  // <a href="target">, <img src="target">
  /<[a-z][^>]*\s(?:href|src)=["']([^"']*)["']/g,
  // <https://example.org>
  /<(https?:[^\s>]+)>/g,
];

/** Finds the links and the images of a page, of every form, but for those in code. */
export function linksOf(markdown: string): Link[] {
  const prose = withoutCode(markdown).replaceAll(/`[^`\n]*`/g, (code) => '`'.repeat(code.length));
  return forms
    .flatMap((form) => [...prose.matchAll(form)])
    .map(({ 1: target = '', index }) => ({ target, line: prose.slice(0, index).split('\n').length }));
}
