/**
 * Does a version lie in a range? Understands what peer ranges of these packages are made of: comparators joined by
 * blanks, `^`, and whole versions. A pre-release counts as its release.
 *
 * @returns `undefined` for a range of another form.
 */
export function isInRange(version: string, range: string): boolean | undefined {
  const candidate = parse(version);
  if (candidate === undefined) return undefined;
  let isInside = true;
  for (const comparator of range.trim().split(/\s+/)) {
    const [, operator = '', text = ''] = /^(>=|<=|>|<|\^|=)?v?(\d[\w.+-]*)$/.exec(comparator) ?? [];
    const bound = parse(text);
    if (bound === undefined) return undefined;
    isInside &&= holds(candidate, operator, bound);
  }
  return isInside;
}

type Version = readonly [major: number, minor: number, patch: number];

function parse(text: string): Version | undefined {
  const match = /^(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:[-+].*)?$/.exec(text);
  return match === null ? undefined : [Number(match[1]), Number(match[2] ?? 0), Number(match[3] ?? 0)];
}

function holds(candidate: Version, operator: string, bound: Version): boolean {
  const order = compare(candidate, bound);
  switch (operator) {
    case '>=':
      return order >= 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '<':
      return order < 0;
    case '^':
      return order >= 0 && compare(candidate, ceiling(bound)) < 0;
    default:
      return order === 0;
  }
}

/** The first version that `^` leaves out: the next one to the left of which all is zero. */
function ceiling([major, minor, patch]: Version): Version {
  if (major > 0) return [major + 1, 0, 0];
  return minor > 0 ? [0, minor + 1, 0] : [0, 0, patch + 1];
}

function compare(left: Version, right: Version): number {
  for (const index of [0, 1, 2] as const) {
    if (left[index] !== right[index]) return left[index] - right[index];
  }
  return 0;
}
