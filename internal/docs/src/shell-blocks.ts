import { type CodeBlock, codeBlocksOf } from './code-blocks.ts';
import { fencesOf } from './fences.ts';
import type { Page } from './pages.ts';
import { type ShellCommand, shellCommandsOf } from './shell-commands.ts';

/** A shell block of a page. */
export interface ShellBlock {
  /** Page and line, e.g. `docs/bedrock.md:4`. */
  readonly where: string;
  readonly code: string;
  readonly commands: readonly ShellCommand[];
  /** What the page says that it prints: the `text` block behind it, after a line that ends with `prints:`. */
  readonly output: string | undefined;
  /** The program that needs what the block installs: the one behind it, if the page has none before. */
  readonly program: CodeBlock | undefined;
}

/** Finds the shell blocks of a page, but for those with requests to the server in the block before: they belong to it. */
export function shellBlocksOf(page: Page): ShellBlock[] {
  const fences = fencesOf(page.text);
  const programs = codeBlocksOf(page);
  const lines = page.text.split('\n');
  return fences.flatMap(({ language, code, line }, index) => {
    if (language !== 'sh') return [];
    const commands = shellCommandsOf(code);
    const before = fences.slice(0, index).map((fence) => fence.language);
    if (before.at(-1) === 'ts' && commands.some(({ text }) => text.startsWith('curl '))) return [];
    const next = fences[index + 1];
    const between = lines.slice(line + code.split('\n').length - 1, (next?.line ?? 2) - 2);
    const isAnnounced = between.findLast((text) => text !== '')?.endsWith('prints:');
    const program = programs.find(({ where }) => where === `${page.path}:${next?.line}`);
    return [
      {
        where: `${page.path}:${line}`,
        code,
        commands,
        output: next?.language === 'text' && isAnnounced ? next.code : undefined,
        program: before.includes('ts') ? undefined : program,
      },
    ];
  });
}
