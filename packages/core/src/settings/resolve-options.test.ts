import { describe, expect, it } from 'vitest';
import { createPayi } from './create-payi.ts';
import type { Diagnostic } from './diagnostics.ts';
import { type AdapterOptions, agreesWith, resolveOptions } from './resolve-options.ts';

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
    [
      'an estimate that is no boolean',
      { onAbandon: { estimate: 'yes' } },
      'drainMs, drainEvents (numbers), estimate (boolean)',
    ],
  ])('refuses %s', (_, options, message) => {
    expect(() => resolve(options)).toThrow(message);
  });

  it('reports any other option that it does not know', () => {
    const heard: Diagnostic[] = [];
    const payi = createPayi({ route: 'headers', onDiagnostic: (diagnostic) => heard.push(diagnostic) });
    expect(resolve({ payi, onrequest: () => {}, onAbandon: { drainMs: 5 } })).toMatchObject({
      onAbandon: { drainMs: 5 },
    });
    expect(heard).toEqual([
      { code: 'UNKNOWN_OPTION', message: 'withPayi() does not know the option "onrequest"' },
    ]);
  });
});

describe('agreesWith()', () => {
  const payi = createPayi({ route: 'headers' });
  const [onRequest, onResponse] = [() => {}, () => {}];
  const inForce = resolveOptions('withPayi()', {
    payi,
    onRequest,
    onAbandon: { drainMs: 5, drainEvents: 2 },
  });

  it.each<[boolean, AdapterOptions]>([
    [true, {}],
    [true, { payi, onRequest, onAbandon: { drainEvents: 2, drainMs: 5 } }],
    [false, { payi: createPayi({ route: 'headers' }) }],
    [false, { onRequest: () => {} }],
    [false, { onResponse }],
    [false, { onAbandon: 'close' }],
    [false, { onAbandon: 'drain' }],
    [false, { onAbandon: { drainMs: 5 } }],
    [true, { onAbandon: { drainMs: 5, drainEvents: 2, estimate: false } }],
    [false, { onAbandon: { drainMs: 5, drainEvents: 2, estimate: true } }],
  ])('is %s of a second registration with %o', (agrees, options) => {
    expect(agreesWith(inForce, resolveOptions('withPayi()', { payi, ...options }))).toBe(agrees);
  });
});
