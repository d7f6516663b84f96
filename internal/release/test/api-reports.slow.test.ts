import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { apiReport } from '../src/api-report.ts';
import { publishedPackages } from '../src/published-packages.ts';

describe.each(publishedPackages.filter(({ entries }) => entries.length > 0))(
  '$manifest.name',
  (published) => {
    const reports = join(published.directory, 'api');

    // A difference asks whether users should see it. If so: `pnpm run api`, and a changeset.
    it.each(published.entries)('declares to users of $name what its report in api/ shows', async (entry) => {
      const report = await apiReport(published, entry);
      await expect(report).toMatchFileSnapshot(join(reports, `${entry.file}.api.md`));
    });

    it('has no report of an entry that is gone', () => {
      const current = published.entries.map(({ file }) => `${file}.api.md`);
      expect(readdirSync(reports).filter((file) => !current.includes(file))).toEqual([]);
    });

    it.each(published.entries)('declares the same to CommonJS in $name', ({ file }) => {
      const dist = join(published.directory, 'dist');
      const declarations = (extension: string): string =>
        readFileSync(join(dist, `${file}${extension}`), 'utf8')
          // The names of shared files hold a hash of what is in them.
          .replaceAll(/'\.\/([\w-]+?)(?:-[\w-]{8})?\.c?js'/g, (_, name: string) => `'./${basename(name)}'`);
      expect(declarations('.d.cts')).toBe(declarations('.d.ts'));
    });
  },
);
