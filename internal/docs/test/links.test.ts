import { describe, expect, it } from 'vitest';
import { repositoryUrl } from '../../../docs/.vitepress/repository.ts';
import { anchorsOf } from '../src/anchors.ts';
import { deadLinks } from '../src/dead-links.ts';
import { linksOf } from '../src/links.ts';
import { readPages } from '../src/pages.ts';

describe('the documentation', () => {
  it.each(readPages())('$path links only to what exists', (page) => {
    expect(deadLinks(page)).toEqual([]);
  });
});

describe('a link', () => {
  it('is found in every form, and not in code', () => {
    const text = [
      '[a](one.md) ![b](two.png "Two") [c](<three.md>)',
      '<a href="four.md">d</a> <https://example.org/five>',
      '[e]: six.md',
      '`[f](no.md)`',
      '```md\n[g](no.md)\n```',
    ].join('\n\n');
    const targets = linksOf(text).map(({ target }) => target);
    expect(targets.sort()).toEqual([
      'four.md',
      'https://example.org/five',
      'one.md',
      'six.md',
      'three.md',
      'two.png',
    ]);
  });

  it.each([
    ['docs/errors.md', 'nowhere.md', 'leads nowhere'],
    ['docs/errors.md', 'Headers.md', 'leads nowhere'],
    ['docs/errors.md', 'headers.md#nothing', 'names no heading'],
    ['docs/errors.md', '#nothing', 'names no heading'],
    ['docs/errors.md', '/headers.md', 'begins at the root, which is another one on GitHub than on the site'],
    ['docs/errors.md', '../LICENSE#mit', 'has an anchor, but only pages have headings'],
    ['docs/errors.md', 'http://example.org', 'is not https'],
    ['docs/errors.md', 'https://', 'is no URL'],
    ['docs/errors.md', `${repositoryUrl}/blob/main/docs/nowhere.md`, 'leads nowhere'],
    ['docs/errors.md', `${repositoryUrl}/blob/main/docs/headers.md#nothing`, 'names no heading'],
    ['packages/core/README.md', '../../docs/headers.md', 'is relative, which leads nowhere from npm'],
  ])('of %s to %s %s', (path, target, fault) => {
    expect(deadLinks({ path, text: `\n[text](${target})` })).toEqual([`${path}:2: ${target} ${fault}`]);
  });

  it.each([
    ['docs/errors.md', 'headers.md#byte-budget'],
    ['docs/errors.md', '#a-call-that-pay-i-blocked'],
    ['docs/errors.md', 'decisions'],
    ['docs/errors.md', '../packages/core/'],
    ['docs/errors.md', 'https://example.org/page#part'],
    ['packages/core/README.md', `${repositoryUrl}/blob/main/docs/headers.md#byte-budget`],
    ['packages/core/README.md', `${repositoryUrl}/issues`],
  ])('of %s to %s is good', (path, target) => {
    expect(deadLinks({ path, text: `[text](${target})` })).toEqual([]);
  });
});

it('an anchor is what GitHub makes of a heading', () => {
  const page =
    '# `UNSUPPORTED_CLIENT`\n\n## What is signed, and why?\n\n### Notes\n\n```sh\n# no heading\n```\n\n### Notes\n';
  expect(anchorsOf(page)).toEqual(['unsupported_client', 'what-is-signed-and-why', 'notes', 'notes-1']);
});
