import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { publishedPackages, root } from '../src/published-packages.ts';

const repository = 'https://github.com/payi/payi-typescript';

describe.each(publishedPackages)('the package.json of $manifest.name', ({ folder, manifest, entries }) => {
  it('says what the package is, under which licence, and where it comes from', () => {
    expect(manifest).toMatchObject({
      license: 'MIT',
      type: 'module',
      description: expect.stringMatching(/^\S.{30,}\.$/),
      keywords: expect.arrayContaining(['pay-i', 'payi']),
      // npm refuses a provenance that names another repository than this.
      repository: { type: 'git', url: `git+${repository}.git`, directory: `packages/${folder}` },
      homepage: `${repository}/tree/main/packages/${folder}#readme`,
      bugs: { url: `${repository}/issues` },
      engines: { node: '>=22' },
    });
  });

  it('publishes for everybody, with provenance', () => {
    expect(manifest).toMatchObject({ publishConfig: { access: 'public', provenance: true } });
  });

  it('lets bundlers leave out what is not used', () => {
    expect(manifest).toMatchObject({ sideEffects: false });
  });

  it('runs nothing where it is installed', () => {
    const { scripts = {} } = manifest as { scripts?: Record<string, string> };
    const installing = ['preinstall', 'install', 'postinstall', 'prepare', 'preprepare', 'postprepare'];
    expect(Object.keys(scripts).filter((name) => installing.includes(name))).toEqual([]);
  });

  it('keeps to one minor version of the core if it imports `@payi/core/adapter`, which a minor release may change', () => {
    const source = join(root, 'packages', folder, 'src');
    const importsAdapter = readdirSync(source, { recursive: true, encoding: 'utf8' }).some(
      (file) =>
        file.endsWith('.ts') && readFileSync(join(source, file), 'utf8').includes("'@payi/core/adapter'"),
    );
    const isAdapter = ['bedrock', 'openai', 'anthropic', 'google'].includes(folder);
    if (isAdapter) expect(importsAdapter).toBe(true);
    if (importsAdapter) expect(manifest.dependencies?.['@payi/core']).toBe('workspace:~');
  });

  it('is checked by publint and attw', () => {
    expect(manifest).toMatchObject({
      scripts: {
        'check:packages': entries.length > 0 ? 'publint --strict && attw --pack .' : 'publint --strict',
      },
    });
  });

  it.each(entries)('is one of those whose sizes are limited, $name included', ({ file }) => {
    const limits = JSON.parse(readFileSync(join(root, '.size-limit.json'), 'utf8')) as { path?: string }[];
    const dist = `packages/${folder}/dist`;
    const measured = limits.filter(({ path }) => path === `${dist}/${file}.js` || path === `${dist}/*.js`);
    expect(measured).not.toEqual([]);
  });

  it.each(entries)(
    'leads import and require of $name to files of their own, types first',
    ({ name, file }) => {
      const subpath = `.${name.slice(manifest.name.length)}`;
      const target = manifest.exports?.[subpath];
      expect(target).toEqual({
        import: { types: `./dist/${file}.d.ts`, default: `./dist/${file}.js` },
        require: { types: `./dist/${file}.d.cts`, default: `./dist/${file}.cjs` },
      });
      // `toEqual` does not see order, which decides here.
      expect(Object.keys(target as object)).toEqual(['import', 'require']);
      for (const conditions of Object.values(target as object)) {
        expect(Object.keys(conditions)).toEqual(['types', 'default']);
      }
    },
  );
});

describe('the release', () => {
  const config = JSON.parse(readFileSync(join(root, '.changeset/config.json'), 'utf8'));

  it('gives the core, its adapters and its tools one version', () => {
    expect(config.fixed).toEqual([
      [
        '@payi/core',
        '@payi/bedrock',
        '@payi/openai',
        '@payi/anthropic',
        '@payi/google',
        '@payi/management',
        '@payi/otel',
        '@payi/budgets',
        'payi-report',
        'payi-doctor',
      ],
    ]);
  });

  it('has no other package than these and @payi/testkit, which has a version of its own', () => {
    const names = publishedPackages.map(({ manifest }) => manifest.name);
    expect(names.sort()).toEqual([...config.fixed[0], '@payi/testkit'].sort());
  });

  it('leaves private packages alone', () => {
    expect(config.privatePackages).toEqual({ version: false, tag: false });
  });

  it('is allowed to ask npm for provenance, and nothing more than it needs', () => {
    const workflow = readFileSync(join(root, '.github/workflows/release.yml'), 'utf8');
    expect(workflow).toMatch(/^permissions: \{\}$/m);
    expect(workflow.match(/^ {6}\S+: (?:read|write)$/gm)).toEqual([
      '      contents: write',
      '      pull-requests: write',
      '      id-token: write',
    ]);
  });
});
