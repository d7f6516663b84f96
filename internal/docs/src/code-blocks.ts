import { type Fence, fencesOf } from './fences.ts';
import type { Page } from './pages.ts';

/** A code block that is a program: it compiles and runs. */
export interface CodeBlock {
  readonly page: string;
  /** Page and line, e.g. `docs/bedrock.md:12`. */
  readonly where: string;
  readonly language: 'ts' | 'js';
  /** Of the file that the block becomes: the name that its first line gives it, `// report-worker.ts`, or one with its line. */
  readonly fileName: string;
  /** Whether its first line gives it a name. Other blocks of the page find it beside them. */
  readonly isNamed: boolean;
  /** What the file holds: the block, moved down so that its lines have the numbers that they have on the page. */
  readonly source: string;
  /** The fence behind the block on its page. */
  readonly next: Fence | undefined;
}

/** Finds the blocks of a page that are TypeScript or JavaScript. */
export function codeBlocksOf({ path, text }: Page): CodeBlock[] {
  const fences = fencesOf(text);
  return fences.flatMap(({ language, code, line }, index) => {
    if (language !== 'ts' && language !== 'js') return [];
    const name = /^\/\/ ([\w-]+\.[jt]s)\n/.exec(code)?.[1];
    return {
      page: path,
      where: `${path}:${line}`,
      language,
      fileName: name ?? `line-${line}.${language}`,
      isNamed: name !== undefined,
      source: '\n'.repeat(line - 1) + code,
      next: fences[index + 1],
    };
  });
}
