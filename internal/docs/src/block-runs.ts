import { type CodeBlock, codeBlocksOf } from './code-blocks.ts';
import type { Page } from './pages.ts';

/** A block that is run for itself. */
export interface BlockToRun {
  readonly where: string;
  readonly block: CodeBlock;
  /** The named blocks of its page. */
  readonly siblings: readonly CodeBlock[];
}

/** Finds the blocks of pages that run: all but the named ones that another block of the page runs. */
export function blocksToRun(pages: readonly Page[]): BlockToRun[] {
  return pages.flatMap((page) => {
    const blocks = codeBlocksOf(page);
    return blocks
      .map((block) => ({ block, others: blocks.filter((other) => other !== block) }))
      .filter(
        ({ block, others }) =>
          !block.isNamed || !others.some(({ source }) => source.includes(block.fileName)),
      )
      .map(({ block, others }) => ({
        where: block.where,
        block,
        siblings: others.filter(({ isNamed }) => isNamed),
      }));
  });
}
