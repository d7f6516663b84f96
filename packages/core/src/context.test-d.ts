import { expectTypeOf, test } from 'vitest';
import type { Annotations } from './annotations/annotations.ts';
import { getContext, track } from './context.ts';

test('track() returns what the function returns', () => {
  expectTypeOf(track({ userId: 'u1' }, () => 7)).toEqualTypeOf<number>();
  expectTypeOf(track({}, async () => 'text')).toEqualTypeOf<Promise<string>>();
  expectTypeOf(track({}, () => {})).toEqualTypeOf<void>();
  expectTypeOf(
    track({}, function* (): Generator<number, string, boolean> {
      return (yield 1) ? 'yes' : 'no';
    }),
  ).toEqualTypeOf<Generator<number, string, boolean>>();
  expectTypeOf(
    track({}, async function* (): AsyncGenerator<number, string, boolean> {
      return (yield 1) ? 'yes' : 'no';
    }),
  ).toEqualTypeOf<AsyncGenerator<number, string, boolean>>();
});

test('the function of track() gets no arguments', () => {
  // @ts-expect-error: nobody would pass one
  track({}, (wanted: string) => wanted);
});

test('a misspelt field of track() is a type error', () => {
  // @ts-expect-error: userId
  track({ userID: 'u1' }, () => {});
});

test('getContext() gives what track() takes', () => {
  expectTypeOf(getContext()).toEqualTypeOf<Annotations | undefined>();
  track(getContext() ?? {}, () => {});
});
