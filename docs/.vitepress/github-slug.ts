/**
 * The anchor of a heading as GitHub makes it, so that a link holds in the repository and on the site: letters in lower
 * case, blanks as hyphens, of everything else only digits, `-` and `_`.
 */
export function githubSlug(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-');
}
