import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../settings/diagnostics.ts';
import { runCallback } from './callbacks.ts';

describe('runCallback()', () => {
  function run(callback: (event: string) => unknown): Diagnostic[] {
    const reported: Diagnostic[] = [];
    runCallback(callback, 'event', 'Converse', (diagnostic) => reported.push(diagnostic));
    return reported;
  }
  const boom = new Error('boom');
  const failure = {
    code: 'CALLBACK_FAILED',
    message: 'a callback failed during Converse',
    operation: 'Converse',
    cause: boom,
  };

  it('passes the event on and reports nothing when all is well', () => {
    const seen: string[] = [];
    expect(run((event) => seen.push(event))).toEqual([]);
    expect(seen).toEqual(['event']);
  });

  it('reports a callback that throws', () => {
    expect(
      run(() => {
        throw boom;
      }),
    ).toEqual([failure]);
  });

  it('reports a callback that rejects, after the call went on', async () => {
    const reported = run(async () => {
      throw boom;
    });
    expect(reported).toEqual([]);
    await turn();
    expect(reported).toEqual([failure]);
  });

  it('reports a result that pretends to be a promise and throws', () => {
    const broken = {
      // biome-ignore lint/suspicious/noThenProperty: this is the case under test
      get then(): never {
        throw boom;
      },
    };
    expect(run(() => broken)).toEqual([failure]);
  });

  it('does not take null and other results for promises', () => {
    for (const result of [null, undefined, 0, 'text']) expect(run(() => result)).toEqual([]);
  });
});
