import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const blocksDirectory = fileURLToPath(new URL('../blocks', import.meta.url));

const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    // What the site installs and generates there is not written by hand.
    .filter((file) => file.endsWith('.md') && !/^(node_modules|reference|\.vitepress)\b/.test(file))
    .map((file) => join('docs', file)),
  ...readdirSync(join(root, 'packages')).map((name) => join('packages', name, 'README.md')),
];

/** Compiles all blocks as one program: what a page shows has to be what the packages as built accept. */
function compile(files: readonly string[]): string[] {
  const program = ts.createProgram(files, {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    moduleDetection: ts.ModuleDetectionKind.Force,
    types: ['node'],
    typeRoots: [join(blocksDirectory, '../node_modules/@types')],
  });
  return ts.getPreEmitDiagnostics(program).map((diagnostic) => {
    const where = diagnostic.file ? relative(blocksDirectory, diagnostic.file.fileName) : 'options';
    return `${where}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ')}`;
  });
}

describe('the documentation', () => {
  it('shows only TypeScript that compiles', () => {
    rmSync(blocksDirectory, { recursive: true, force: true });
    mkdirSync(blocksDirectory, { recursive: true });
    const files = pages.flatMap((page) =>
      [...readFileSync(join(root, page), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code], index) => {
        const file = join(blocksDirectory, `${page.replaceAll(/[^\w]+/g, '-')}-${index + 1}.ts`);
        writeFileSync(file, code ?? '');
        return file;
      }),
    );
    expect(files.length).toBeGreaterThan(5);
    expect(compile(files)).toEqual([]);
  });

  it.each(pages)('%s links only to what exists', (page) => {
    const anchors = (file: string): string[] =>
      [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
        title
          .toLowerCase()
          .replaceAll(/[^\w\s-]/g, '')
          .trim()
          .replaceAll(' ', '-'),
      );
    const broken = [
      ...readFileSync(join(root, page), 'utf8').matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g),
    ].filter(([, path = '', anchor]) => {
      const target = path === '' ? join(root, page) : join(root, page, '..', path);
      try {
        readdirSync(target);
        return false;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOTDIR') return true;
        return anchor !== undefined && !anchors(target).includes(anchor);
      }
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  });
});
