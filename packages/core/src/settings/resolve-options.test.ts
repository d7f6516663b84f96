import { describe, expect, it } from 'vitest';
import { createPayi } from './create-payi.ts';
import type { Diagnostic } from './diagnostics.ts';
import { resolveOptions } from './resolve-options.ts';

const resolve = (options: unknown): unknown => resolveOptions('withPayi()', options as never);

describe('resolveOptions()', () => {
  it.each([
    ['nothing to speak of', null, 'what withPayi() takes besides the client must be an object of options'],
    [
      'a Payi in the place of its options',
      createPayi({ route: 'headers' }),
      'route is an option of createPayi(): give withPayi() what that returned, as { payi }',
    ],
    ['options of createPayi()', { apiKey: 'key' }, 'apiKey is an option of createPayi()'],
    ['a hook that is no function', { onRequest: 'log' }, 'onRequest must be a function'],
    ['a policy that it does not know', { onAbandon: 'drian' }, "onAbandon must be 'close', 'drain'"],
    ['a bound that it does not know', { onAbandon: { drainMS: 5 } }, "onAbandon must be 'close', 'drain'"],
    [
      'a bound that is no number',
      { onAbandon: { drainMs: Number.NaN } },
      "onAbandon must be 'close', 'drain'",
    ],
  ])('refuses %s', (_, options, message) => {
    expect(() => resolve(options)).toThrow(message);
  });

  it('reports any other option that it does not know', () => {
    const heard: Diagnostic[] = [];
    const payi = createPayi({ route: 'headers', onDiagnostic: (diagnostic) => heard.push(diagnostic) });
    expect(resolve({ payi, onrequest: () => {}, onAbandon: { drainMs: 5 } })).toMatchObject({
      payiGiven: true,
      onAbandon: { drainMs: 5 },
    });
    expect(heard).toEqual([
      { code: 'UNKNOWN_OPTION', message: 'withPayi() does not know the option "onrequest"' },
    ]);
  });
});
