import { describe, expect, it } from 'vitest';
import { createPayi } from './create-payi.ts';
import type { Diagnostic } from './diagnostics.ts';
import { resolvePayi } from './resolved-payi.ts';

function open(delivery: unknown): Diagnostic[] {
  const heard: Diagnostic[] = [];
  const onDiagnostic = (diagnostic: Diagnostic): void => void heard.push(diagnostic);
  resolvePayi(createPayi({ route: 'direct', apiKey: 'key', delivery: delivery as never, onDiagnostic }));
  return heard;
}

describe('delivery of createPayi()', () => {
  it.each([
    ['a text', 'events.ndjson', 'delivery must be an object of options'],
    [
      'a number that is none',
      { maxQueuedBytes: Number(undefined) },
      'delivery.maxQueuedBytes must be a number from 1 up',
    ],
    ['a number as text', { intervalMs: '1000' }, 'delivery.intervalMs must be a number from 0 up'],
    ['no time at all', { timeoutMs: 0 }, 'delivery.timeoutMs must be a number from 1 up'],
    [
      'the folder of a journal',
      { journal: 'journal' },
      'delivery.journal must be what openJournal() returned',
    ],
    ['a path', { offline: 'events.ndjson' }, 'delivery.offline must be a function'],
    ['a promise', { waitUntil: Promise.resolve() }, 'delivery.waitUntil must be a function'],
    ['one mapping', { hostMappings: { host: 'x' } }, 'delivery.hostMappings must be a list of objects'],
    [
      'a mapping that prices neither model',
      { hostMappings: [{ host: 'x', priceAs: 'anwsered' }] },
      "objects, whose priceAs is 'asked' or 'answered'",
    ],
    ['an absent mapping', { modelMappings: [null] }, 'delivery.modelMappings must be a list of objects'],
    ['another word', { results: 'always' }, "delivery.results must be 'wanted' or 'never'"],
  ])('refuses %s when a client is registered', (_, delivery, message) => {
    expect(() => open(delivery)).toThrow(message);
  });

  it('takes what is null for absent, and numbers without end', () => {
    expect(open({ journal: null, offline: undefined, maxAgeMs: Infinity, minRetryMs: 0 })).toEqual([]);
    expect(open(null)).toEqual([]);
  });

  it('reports what it does not know', () => {
    expect(open({ intervalMS: 5 })).toEqual([
      { code: 'UNKNOWN_OPTION', message: 'createPayi() does not know the option "delivery.intervalMS"' },
    ]);
  });
});
