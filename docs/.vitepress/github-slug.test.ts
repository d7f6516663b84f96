import { expect, it } from 'vitest';
import { githubSlug } from './github-slug.ts';

it.each([
  ['Annotate a call', 'annotate-a-call'],
  ['What `null`, empty and absent mean', 'what-null-empty-and-absent-mean'],
  ['INVALID_ANNOTATION', 'invalid_annotation'],
  ['@payi/core', 'payicore'],
  ['Errors & troubleshooting', 'errors--troubleshooting'],
  ['2 of 3: what’s new?', '2-of-3-whats-new'],
  ['Größe', 'größe'],
])('makes %j the anchor %j, as GitHub does', (heading, anchor) => {
  expect(githubSlug(heading)).toBe(anchor);
});
