import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Manifest, publishedPackages, readManifest, root } from '../src/published-packages.ts';
import { findPnpm, type Rehearsal, rehearseRelease } from '../src/rehearse-release.ts';

const { fixed } = JSON.parse(readFileSync(join(root, '.changeset/config.json'), 'utf8')) as {
  fixed: [string[]];
};
const note = 'A change that only this rehearsal knows.';

describe('the pnpm of a rehearsal', () => {
  /** Programs in place of pnpm and npx, by what they print. */
  async function foundAmong(programs: Record<string, string>): Promise<string> {
    const directory = mkdtempSync(join(tmpdir(), 'payi-pnpm-'));
    try {
      for (const [name, printed] of Object.entries(programs)) {
        const script = `#!/bin/sh\necho ${printed}\n`;
        writeFileSync(join(directory, name), script, { mode: 0o755 });
      }
      return (await findPnpm(`${directory}:/usr/bin:/bin`)).replace(directory, 'there');
    } finally {
      rmSync(directory, { recursive: true });
    }
  }
  const fromNpx = '/from-npx/pnpm';

  it('is the one that is there, so that npx does not need the network', async () => {
    expect(await foundAmong({ pnpm: '12.99.0', npx: fromNpx })).toBe('there');
  });

  it('comes through npx where there is none, or one of another major version', async () => {
    expect(await foundAmong({ npx: fromNpx })).toBe('/from-npx');
    expect(await foundAmong({ pnpm: '11.0.0', npx: fromNpx })).toBe('/from-npx');
  });
});

describe('a release by hand', () => {
  let rehearsal: Rehearsal;
  let versioned: Manifest[];
  beforeAll(async () => {
    rehearsal = await rehearseRelease('token');
    // Whether or not changes are pending, something in the core is.
    const changeset = `---\n"@payi/core": minor\n---\n\n${note}\n`;
    writeFileSync(join(rehearsal.directory, '.changeset/rehearsal.md'), changeset);
    await rehearsal.run('version-packages');
    versioned = publishedPackages.map(({ folder }) =>
      readManifest(join(rehearsal.directory, 'packages', folder)),
    );
    await rehearsal.run('publish-packages');
  }, 300_000);
  afterAll(() => rehearsal?.close());

  it('moves the packages of the fixed group to one new version', () => {
    const versions = versioned.filter(({ name }) => fixed[0].includes(name)).map(({ version }) => version);
    expect(versions).toHaveLength(fixed[0].length);
    expect(new Set(versions).size).toBe(1);
    expect(versions[0]).not.toBe(readManifest(join(root, 'packages/core')).version);
  });

  it('tells the users of each package what is new, and leaves no note behind', () => {
    for (const [index, { folder }] of publishedPackages.entries()) {
      const { name, version } = versioned[index] as Manifest;
      const changelog = readFileSync(join(rehearsal.directory, 'packages', folder, 'CHANGELOG.md'), 'utf8');
      expect(changelog.startsWith(`# ${name}\n\n## ${version}\n`)).toBe(true);
    }
    expect(readFileSync(join(rehearsal.directory, 'packages/core/CHANGELOG.md'), 'utf8')).toContain(note);
    const left = readdirSync(join(rehearsal.directory, '.changeset')).filter((file) => file.endsWith('.md'));
    expect(left).toEqual([]);
  });

  it('leaves what lint accepts: the release comes after it, on the commit with the new versions', async () => {
    await rehearsal.run('lint');
  }, 300_000);

  it('publishes every package once, for everybody, as the latest', () => {
    const published = rehearsal.registry.publications.map(({ manifest, access, distTags }) => {
      return [manifest.name, manifest.version, access, distTags];
    });
    expect(published.sort()).toEqual(
      versioned.map(({ name, version }) => [name, version, 'public', { latest: version }]).sort(),
    );
  });

  it('names other packages of the workspace by the versions that it publishes', () => {
    const version = new Map(versioned.map((manifest) => [manifest.name, manifest.version]));
    for (const { manifest } of rehearsal.registry.publications) {
      for (const [name, range] of Object.entries({
        ...manifest.dependencies,
        ...manifest.peerDependencies,
      })) {
        expect(range).not.toMatch(/^(?:workspace|catalog|link|file):/);
        // What imports `@payi/core/adapter` keeps to one minor version of the core.
        const mark = name === '@payi/core' && fixed[0].includes(manifest.name) ? '~' : '^';
        if (version.has(name)) expect(range).toBe(mark + version.get(name));
      }
    }
  });

  it('puts the licence, a README, the change log and what is built into each tarball, and neither tests nor reports', () => {
    for (const { tarball } of rehearsal.registry.publications) {
      const files = execFileSync('tar', ['-tz'], { input: tarball, encoding: 'utf8' }).trim().split('\n');
      expect(files).toEqual(
        expect.arrayContaining(
          ['LICENSE', 'README.md', 'CHANGELOG.md', 'package.json'].map((file) => `package/${file}`),
        ),
      );
      expect(files.some((file) => file.startsWith('package/dist/'))).toBe(true);
      expect(files.filter((file) => /\.test\.|\.test-d\.|__fixtures__|\.api\.md|\.turbo/.test(file))).toEqual(
        [],
      );
    }
  });

  it('installs nothing, which would be into the repository: the copy has only a link to what is installed', () => {
    const names = new Set(versioned.map(({ name }) => name));
    const asked = rehearsal.registry.requests
      .filter((request) => /^GET \/(?!-\/|pnpm$)/.test(request))
      .map((request) => request.slice('GET /'.length));
    expect(asked.filter((name) => !names.has(name))).toEqual([]);
  });

  it('tags each version in git', () => {
    const tags = execFileSync('git', ['tag'], { cwd: rehearsal.directory, encoding: 'utf8' })
      .trim()
      .split('\n');
    expect(tags.sort()).toEqual(versioned.map(({ name, version }) => `${name}@${version}`).sort());
  });

  it('publishes nothing that the registry already has', async () => {
    const before = rehearsal.registry.publications.length;
    await rehearsal.run('publish-packages');
    expect(rehearsal.registry.publications.length).toBe(before);
  }, 300_000);
});

describe('a release by the workflow', () => {
  let rehearsal: Rehearsal;
  let outcome: unknown;
  beforeAll(async () => {
    rehearsal = await rehearseRelease('workflow');
    outcome = await rehearsal.run('publish-packages').catch((error: unknown) => error);
  }, 300_000);
  afterAll(() => rehearsal?.close());

  it('asks npm for a token in exchange for the word of GitHub, first for what depends on nothing of ours', () => {
    const { requests } = rehearsal.registry;
    expect(requests.some((request) => /id-token.*audience=npm:/.test(request))).toBe(true);
    const exchanges = requests.filter((request) => request.startsWith('POST '));
    // Nothing else is tried without them.
    expect(exchanges.sort()).toEqual([
      'POST /-/npm/v1/oidc/token/exchange/package/@payi/core',
      'POST /-/npm/v1/oidc/token/exchange/package/payi-report',
    ]);
  });

  it('demands provenance, and publishes nothing where none can be had', () => {
    expect(rehearsal.registry.requests.some((request) => /audience=sigstore/.test(request))).toBe(true);
    expect(outcome).toBeInstanceOf(Error);
    expect(String(outcome)).toMatch(/PROVENANCE/);
    expect(rehearsal.registry.publications).toEqual([]);
  });

  it('demands it in the workflow file too', () => {
    const workflow = readFileSync(join(root, '.github/workflows/release.yml'), 'utf8');
    expect(workflow).toMatch(/^ {10}NPM_CONFIG_PROVENANCE: true$/m);
    expect(workflow).not.toMatch(/NPM_TOKEN|NODE_AUTH_TOKEN/);
  });
});
