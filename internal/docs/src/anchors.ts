import { githubSlug } from '../../../docs/.vitepress/github-slug.ts';
import { withoutCode } from './fences.ts';

/** @returns The anchors of a page's headings as GitHub makes them, and the site, which is told to do as GitHub does. */
export function anchorsOf(markdown: string): string[] {
  return numbered(titlesOf(markdown), githubSlug);
}

/** @returns The texts of a page's headings, without their markup. */
function titlesOf(markdown: string): string[] {
  const lines = withoutCode(markdown).split('\n');
  return lines.flatMap((text) => {
    const [, title] = /^ {0,3}#{1,6}\s+(.*?)\s*#*$/.exec(text) ?? [];
    if (title === undefined) return [];
    return [title.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll(/[`*]/g, '')];
  });
}

/** A title that comes again has its number behind it. */
function numbered(titles: readonly string[], slug: (title: string) => string): string[] {
  const seen = new Map<string, number>();
  return titles.map((title) => {
    const anchor = slug(title);
    const count = seen.get(anchor) ?? 0;
    seen.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${count}`;
  });
}
