import { describe, expect, it } from 'vitest';
import { siteHref } from './repository-links.ts';

const repository = 'https://github.com/payi/payi-typescript';

describe('a link of a page', () => {
  it.each([
    ['errors.md', 'errors.md'],
    ['errors.md#invalid_annotation', 'errors.md#invalid_annotation'],
    ['#register-once-per-client', '#register-once-per-client'],
    ['https://docs.pay-i.com/../x', 'https://docs.pay-i.com/../x'],
    ['a-page-that-is-not-there.md', 'a-page-that-is-not-there.md'],
  ])('that stays on the site stays as it is: %s', (href, expected) => {
    expect(siteHref(href, 'bedrock.md')).toBe(expected);
  });

  it.each([
    ['../CONTRIBUTING.md#set-up', `${repository}/blob/main/CONTRIBUTING.md#set-up`],
    ['../examples/quickstart', `${repository}/tree/main/examples/quickstart`],
    ['../packages/core/', `${repository}/tree/main/packages/core/`],
    ['decisions', `${repository}/tree/main/docs/decisions`],
  ])('to %s leads into the repository', (href, expected) => {
    expect(siteHref(href, 'bedrock.md')).toBe(expected);
  });

  it('counts from the folder of its page', () => {
    const page = 'decisions/2026-11-23-first-registration-wins.md';
    expect(siteHref('../../README.md', page)).toBe(`${repository}/blob/main/README.md`);
    expect(siteHref('../errors.md', page)).toBe('../errors.md');
  });

  it('to a file that is not there is an error', () => {
    expect(() => siteHref('../nowhere.md', 'bedrock.md')).toThrow('docs/bedrock.md links to ../nowhere.md');
  });
});
