import semver from 'semver';

/**
 * Does a version lie in a range? A pre-release counts as its release: who tries one knows.
 *
 * @returns `undefined` for what is no version or no range, such as `latest` and `workspace:^`.
 */
export function isInRange(version: string, range: string): boolean | undefined {
  const release = semver.coerce(version);
  if (release === null || range === '' || semver.validRange(range) === null) return undefined;
  return semver.satisfies(release, range);
}
