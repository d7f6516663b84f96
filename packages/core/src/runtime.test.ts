import { describe, expect, it } from 'vitest';
import { onExit, utf8Length } from './runtime.ts';

describe('onExit()', () => {
  it('adds one listener to the process, which calls every listener that has not stopped', () => {
    const before = process.listeners('exit');
    const called: string[] = [];
    onExit(() => {
      called.push('first');
      // A call that ends at the exit is still to be reported.
      onExit(() => called.push('added at the exit'));
    });
    for (let index = 0; index < 20; index += 1) onExit(() => called.push('stopped'))();
    onExit(() => called.push('last'));
    const added = process.listeners('exit').filter((listener) => !before.includes(listener));
    expect(added).toHaveLength(1);
    (added[0] as () => void)();
    expect(called).toEqual(['first', 'last', 'added at the exit']);
  });
});

describe('utf8Length()', () => {
  it.each(['', 'a', 'ü€', '\u{1F600}', '\uD83D'])('counts %j as a TextEncoder does', (text) => {
    expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length);
  });
});
