import type { MarkdownRenderer } from 'vitepress';

/** One tab: what its button says, and Markdown tokens. */
interface Tab {
  readonly label: string;
  readonly tokens: Token[];
}

type State = Parameters<Parameters<MarkdownRenderer['core']['ruler']['push']>[1]>[0];
type Token = State['tokens'][number];

/**
 * Shows alternatives as tabs, on the site only: elsewhere the pages stay plain Markdown, one alternative below the other.
 *
 * - Between the lines `<!-- tabs -->` and `<!-- /tabs -->`, each paragraph that is all bold begins a tab of that name.
 * - A shell block with `npm install` gets a tab for each package manager.
 */
export function tabs(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push('tabs', (state) => {
    state.tokens = withGroups(withPackageManagers(state.tokens, state), state);
  });
}

function withGroups(tokens: Token[], state: State): Token[] {
  const begin = tokens.findIndex((token) => isComment(token, 'tabs'));
  if (begin === -1) return tokens;
  const { relativePath } = state.env as { relativePath?: string };
  const end = tokens.findIndex((token, index) => index > begin && isComment(token, '/tabs'));
  if (end === -1) throw new Error(`${relativePath}: <!-- tabs --> without <!-- /tabs -->.`);
  const inside = tokens.slice(begin + 1, end);
  const starts = inside.flatMap((_, index) => (labelAt(inside, index) === undefined ? [] : [index]));
  if (starts[0] !== 0) throw new Error(`${relativePath}: a tab begins with a bold paragraph, its name.`);
  const group = starts.map((start, index) => ({
    label: labelAt(inside, start) ?? '',
    // The label is the opening, the text and the closing of a paragraph.
    tokens: inside.slice(start + 3, starts[index + 1]),
  }));
  return [...tokens.slice(0, begin), ...tabGroup(group, state), ...withGroups(tokens.slice(end + 1), state)];
}

function isComment(token: Token, text: string): boolean {
  return token.type === 'html_block' && token.content.trim() === `<!-- ${text} -->`;
}

/** The text of the paragraph that begins here, if all of it is bold. */
function labelAt(tokens: readonly Token[], index: number): string | undefined {
  if (tokens[index]?.type !== 'paragraph_open') return undefined;
  const parts = (tokens[index + 1]?.children ?? []).filter(
    ({ type, content }) => type !== 'text' || content !== '',
  );
  const [open, text, close, ...others] = parts;
  const isBold = open?.type === 'strong_open' && close?.type === 'strong_close' && others.length === 0;
  return isBold ? text?.content : undefined;
}

const packageManagers: readonly (readonly [name: string, line: (packages: string) => string])[] = [
  ['npm', (packages) => `npm install ${packages}`],
  ['pnpm', (packages) => `pnpm add ${packages}`],
  ['yarn', (packages) => `yarn add ${packages.replaceAll('--save-dev', '--dev')}`],
];

function withPackageManagers(tokens: readonly Token[], state: State): Token[] {
  return tokens.flatMap((token) => {
    if (token.type !== 'fence' || token.info !== 'sh' || !/^npm install /m.test(token.content))
      return [token];
    const group = packageManagers.map(([label, line]) => {
      const fence = Object.assign(new state.Token('fence', 'code', 0), token);
      fence.content = token.content.replaceAll(/^npm install (.*)$/gm, (_, packages: string) =>
        line(packages),
      );
      return { label, tokens: [fence] };
    });
    return tabGroup(group, state);
  });
}

/** The first tab is open. `theme/tabs.ts` brings them to life. */
function tabGroup(group: readonly Tab[], state: State): Token[] {
  const { escapeHtml } = state.md.utils;
  const html = (content: string): Token => Object.assign(new state.Token('html_block', '', 0), { content });
  const buttons = group.map(
    ({ label }, index) =>
      `<button type="button" role="tab" aria-selected="${index === 0}" tabindex="${index === 0 ? 0 : -1}">${escapeHtml(label)}</button>`,
  );
  return [
    html(`<div class="tab-group"><div role="tablist">${buttons.join('')}</div>\n`),
    ...group.flatMap(({ label, tokens }, index) => [
      html(`<div role="tabpanel" aria-label="${escapeHtml(label)}"${index === 0 ? '' : ' hidden'}>\n`),
      ...tokens,
      html('</div>\n'),
    ]),
    html('</div>\n'),
  ];
}
