/** A fenced code block of a page. */
export interface Fence {
  /** The first word behind the opening fence, `''` without one. */
  readonly language: string;
  readonly code: string;
  /** Of the first line of code, counted from 1. */
  readonly line: number;
}

/** Finds the fenced code blocks of a page, indented ones too, in their order. An open one ends with the page. */
export function fencesOf(markdown: string): Fence[] {
  const fences: Fence[] = [];
  let open: { fence: string; indent: number; language: string; line: number; code: string[] } | undefined;
  const close = (): void => {
    if (!open) return;
    const { language, line, code } = open;
    fences.push({ language, line, code: code.map((text) => `${text}\n`).join('') });
    open = undefined;
  };
  for (const [index, text] of markdown.split('\n').entries()) {
    if (open) {
      if (text.trim().startsWith(open.fence) && /^(`+|~+)$/.test(text.trim())) close();
      else open.code.push(text.slice(Math.min(open.indent, text.search(/\S|$/))));
      continue;
    }
    const [, indent = '', fence, information = ''] = /^(\s*)(`{3,}|~{3,})(.*)$/.exec(text) ?? [];
    if (!fence) continue;
    const [language = ''] = information.trim().split(/[\s{:[]/);
    open = { fence, indent: indent.length, language, line: index + 2, code: [] };
  }
  close();
  return fences;
}

/** @returns The page with its fenced code blocks empty: every other line stays where it is. */
export function withoutCode(markdown: string): string {
  const lines = markdown.split('\n');
  for (const { line, code } of fencesOf(markdown)) {
    lines.fill('', line - 1, line - 1 + code.split('\n').length - 1);
  }
  return lines.join('\n');
}
