// Versions and publishes the packages in a copy of the repository, to a registry on this machine, and prints what a
// release would do now. Changes nothing in the repository.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { publishedPackages } from './published-packages.ts';
import { rehearseRelease } from './rehearse-release.ts';

const rehearsal = await rehearseRelease('token');
try {
  await rehearsal.run('version-packages');
  await rehearsal.run('publish-packages');
  for (const { folder, manifest: before } of publishedPackages) {
    const publication = rehearsal.registry.publications.find(({ manifest }) => manifest.name === before.name);
    if (publication === undefined) throw new Error(`${before.name} was not published`);
    const { manifest, tarball, access, distTags } = publication;
    const files = execFileSync('tar', ['-tz'], { input: tarball, encoding: 'utf8' }).trim().split('\n');
    const size = `${(tarball.length / 1000).toFixed(0)} kB in ${files.length} files`;
    console.log(
      `${manifest.name} ${before.version} → ${manifest.version}: ${size}, ${access}, ${Object.keys(distTags)}`,
    );
    const changelog = readFileSync(join(rehearsal.directory, 'packages', folder, 'CHANGELOG.md'), 'utf8');
    const [, news = ''] = changelog.split(/^## .*$/m);
    if (manifest.version !== before.version) console.log(news.trim().replaceAll(/^(?=.)/gm, '    '));
  }
  console.log('\nA rehearsal: nothing was published, and nothing here was changed.');
} finally {
  await rehearsal.close();
}
