import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { repositoryFolder } from './repository.ts';

const dist = fileURLToPath(new URL('dist', import.meta.url));
const files = new Set(
  readdirSync(dist, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name).slice(dist.length)),
);
const pages = [...files].filter((file) => file.endsWith('.html'));

/** Every place of a page that names another: an attribute with an address, and its tag. */
interface Reference {
  readonly page: string;
  readonly tag: string;
  readonly address: string;
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

/** Of the tags of a page: `[tag, attribute, value]`. Text cannot be taken for one, its `<` is escaped. */
function attributesOf(page: string): [tag: string, name: string, value: string][] {
  const html = readFileSync(dist + page, 'utf8');
  return [...html.matchAll(/<([a-z][\w-]*)((?:\s+[^\s=>]+(?:="[^"]*")?)+)/g)].flatMap(
    ([, tag = '', attributes = '']) =>
      [...attributes.matchAll(/([^\s=>]+)="([^"]*)"/g)].map(
        ([, name = '', value = '']): [string, string, string] => [
          tag,
          name,
          value.replaceAll(/&(amp|lt|gt|quot|#39);/g, (_, entity: string) => entities[entity] ?? ''),
        ],
      ),
  );
}

const attributes = new Map(pages.map((page) => [page, attributesOf(page)]));
const references = pages.flatMap((page): Reference[] =>
  (attributes.get(page) ?? []).flatMap(([tag, name, address]) =>
    name === 'href' || name === 'src' ? [{ page, tag, address }] : [],
  ),
);
const links = references.filter(({ tag }) => tag === 'a');
const loaded = references.filter(({ tag }) => tag !== 'a');

/** The file that a static server has for an address, seen from a page, and the anchor in it. */
function resolve({ page, address }: Reference): { file: string; anchor: string } {
  const { pathname, hash } = new URL(address, `http://site${page}`);
  const path = decodeURIComponent(pathname);
  const file = path.endsWith('/') ? `${path}index.html` : path;
  return { file, anchor: decodeURIComponent(hash.slice(1)) };
}

const isLocal = ({ address }: Reference): boolean => !/^(?:[a-z]+:|\/\/)/i.test(address);
const show = ({ page, address }: Reference): string => `${page}: ${address}`;

describe('the site', () => {
  it('links only to pages that it has, and to anchors that they have', () => {
    const ids = new Map(
      pages.map((page) => [
        page,
        new Set(attributes.get(page)?.flatMap(([, name, value]) => (name === 'id' ? [value] : []))),
      ]),
    );
    expect(links.filter(isLocal).length).toBeGreaterThan(pages.length);
    const dead = links.filter(isLocal).filter((link) => {
      const { file, anchor } = resolve(link);
      return !files.has(file) || (anchor !== '' && ids.get(file)?.has(anchor) !== true);
    });
    expect(dead.map(show)).toEqual([]);
  });

  it('has every script, style, font and image that its pages ask for', () => {
    expect(loaded.length).toBeGreaterThan(pages.length);
    expect(loaded.filter((asset) => !files.has(resolve(asset).file)).map(show)).toEqual([]);
  });

  it('loads nothing from elsewhere', () => {
    expect(loaded.filter((asset) => !isLocal(asset)).map(show)).toEqual([]);
    const styles = [...files].filter((file) => file.endsWith('.css'));
    expect(styles.length).toBeGreaterThan(0);
    const remote = styles.flatMap((file) =>
      [
        ...readFileSync(dist + file, 'utf8').matchAll(/(?:url\(|@import)\s*["']?(?:https?:)?\/\/[^"')]*/g),
      ].map(([address]) => `${file}: ${address}`),
    );
    expect(remote).toEqual([]);
  });

  it('leads out of docs/ into the repository', () => {
    expect(links.map(({ address }) => address)).toContain(repositoryFolder('examples/quickstart'));
  });
});
