let second = Number.NaN;
let secondAsText = '';

/**
 * As `new Date(time).toISOString()`, which would take half of the time that a receipt takes: that is asked once a second.
 *
 * @param time - As `Date.now()` gives it.
 */
export function isoTime(time: number): string {
  const milliseconds = time % 1000;
  if (time - milliseconds !== second) {
    second = time - milliseconds;
    secondAsText = new Date(second).toISOString().slice(0, -'000Z'.length);
  }
  return `${secondAsText}${String(milliseconds).padStart(3, '0')}Z`;
}
