import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { EventEmitter, EventEmitterAsyncResource, once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { describe, expect, it, vi } from 'vitest';
import type { Annotations } from './annotations/annotations.ts';
import { createHeaders } from './annotations/create-headers.ts';
import { parseHeaders } from './annotations/parse-headers.ts';
import { annotateCall } from './call/annotate-call.ts';
import { getContext, track } from './context.ts';
import { HeaderEncodingError, InvalidAnnotationError } from './errors.ts';
import { createPayi } from './settings/create-payi.ts';
import type { PayiOptions } from './settings/payi-options.ts';
import { resolvePayi } from './settings/resolved-payi.ts';

const uuid = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

/** The annotations in the innermost of nested contexts, outermost first. */
function nested(...layers: readonly Annotations[]): Annotations | undefined {
  const [first, ...others] = layers;
  return first === undefined ? getContext() : track(first, () => nested(...others));
}

/** What a call carries in nested contexts, as Pay-i reads it. */
function sent(
  {
    defaults,
    layers = [],
    call,
  }: { defaults?: Annotations; layers?: readonly Annotations[]; call?: Annotations },
  route: PayiOptions['route'] = 'headers',
): Annotations {
  const payi = resolvePayi(createPayi({ route, apiKey: 'not-used', defaults }));
  const given = call === undefined ? undefined : createHeaders(call);
  const annotate = (rest: readonly Annotations[]): Annotations => {
    const [first, ...others] = rest;
    if (first !== undefined) return track(first, () => annotate(others));
    const { annotations, headers } = annotateCall(payi, given);
    const { logPromptAndResponse, ...travelling } = annotations;
    // `true` travels as no header.
    const visible = logPromptAndResponse === false ? annotations : travelling;
    expect(parseHeaders(headers)).toEqual(route === 'direct' ? {} : visible);
    return visible;
  };
  return annotate(layers);
}

describe('track()', () => {
  it('gives annotations to what runs inside, and to nothing outside', () => {
    expect(getContext()).toBeUndefined();
    expect(track({ userId: 'u1' }, getContext)).toEqual({ userId: 'u1' });
    expect(getContext()).toBeUndefined();
  });

  it('returns what the function returns, the same object and the same promise', async () => {
    const value = {};
    const promise = Promise.resolve(value);
    expect(track({}, () => value)).toBe(value);
    expect(track({}, () => promise)).toBe(promise);
    expect(await track({}, async () => 7)).toBe(7);
    expect(track({}, () => undefined)).toBeUndefined();
    expect(track({}, () => null)).toBeNull();
  });

  it('throws what the function throws, and leaves the context', async () => {
    const error = new Error('of the caller');
    const fail = (): never => {
      throw error;
    };
    expect(() => track({ userId: 'u1' }, fail)).toThrow(error);
    await expect(track({ userId: 'u1' }, async () => fail())).rejects.toBe(error);
    expect(getContext()).toBeUndefined();
  });

  it('calls the function once, without arguments', () => {
    const fn = vi.fn();
    track({}, fn);
    expect(fn.mock.calls).toEqual([[]]);
  });

  it.each<[string, unknown, string]>([
    ['the wrong type of a user id', { userId: 7 }, 'userId'],
    ['half a version', { useCaseVersion: 1.5 }, 'useCaseVersion'],
    [
      'a wrong type beside a text that no header carries',
      { accountName: 'Müller', limitIds: 'a' },
      'limitIds',
    ],
    ['a function in a bag', { requestProperties: { f: () => 1 } }, 'requestProperties["f"]'],
    ['an unknown field beside such a text', { accountName: 'Müller', userID: 'u1' }, 'annotations["userID"]'],
    ['an unknown field', { userID: 'u1' }, 'annotations["userID"]'],
    ['no object', 'u1', 'annotations'],
  ])('refuses %s before the function runs', (_, annotations, key) => {
    const fn = vi.fn();
    const error = catchError(() => track(annotations as Annotations, fn));
    expect(error).toBeInstanceOf(InvalidAnnotationError);
    expect(error).toMatchObject({ key });
    expect(fn).not.toHaveBeenCalled();
  });

  it.each<[string, Annotations]>([
    ['any text', { accountName: ' Müller\n', userId: 'Jane Doe', useCaseName: 'größe' }],
    ['any member of a list', { limitIds: ['a', 'b,c'], requestTags: ['two words'] }],
    ['any size', { useCaseStep: 's'.repeat(9000), requestProperties: { a: 'x'.repeat(9000) } }],
  ])('takes %s, for a call to decide what of it can be sent', (_, annotations) => {
    const { useCaseId: _id, ...inside } = track(annotations, getContext) as Annotations;
    expect(inside).toEqual(annotations);
    const inner = track(annotations, () => track({ useCaseStep: 'inner' }, getContext));
    expect(inner).toMatchObject({ ...annotations, useCaseStep: 'inner' });
  });

  it('reads a list that no header carries as one that a header carries', () => {
    const limitIds = [' ä', '', 'b,c ', 7 as never, 'ä'];
    const given = { limitIds, requestTags: [' '], requestProperties: { a: undefined as never } };
    expect(track(given, getContext)).toEqual({ limitIds: ['ä', 'b,c'] });
  });

  it('copies what it is given', () => {
    const given = { limitIds: ['l1'], requestProperties: { a: 'b' } };
    track(given, () => {
      given.limitIds.push('l2');
      given.requestProperties.a = 'c';
      expect(getContext()).toEqual({ limitIds: ['l1'], requestProperties: { a: 'b' } });
    });
    expect(Object.isFrozen(given.limitIds)).toBe(false);
  });
});

function catchError(fn: () => unknown): unknown {
  try {
    fn();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('a context within a context', () => {
  it('inherits what is undefined and replaces what is given', () => {
    expect(
      nested({ userId: 'outer', accountName: 'Acme' }, { userId: 'inner', accountName: undefined }),
    ).toEqual({ userId: 'inner', accountName: 'Acme' });
  });

  it.each<Annotations>([
    { userId: null, limitIds: null, requestProperties: null },
    { userId: '', limitIds: [], requestProperties: {} },
  ])('clears what is null or empty: %o', (inner) => {
    const outer = { userId: 'u1', limitIds: ['l1'], requestProperties: { a: 'b' }, accountName: 'Acme' };
    const cleared = { userId: null, limitIds: null, requestProperties: null };
    expect(nested(outer, inner)).toEqual({ ...cleared, accountName: 'Acme' });
    expect(nested(outer, inner, {})).toEqual({ ...cleared, accountName: 'Acme' });
    expect(nested(outer, inner, { limitIds: ['l2'] })).toEqual({
      ...cleared,
      accountName: 'Acme',
      limitIds: ['l2'],
    });
  });

  it('unites limit ids and request tags in the order in which they came, each once', () => {
    expect(
      nested(
        { limitIds: ['b', 'a'], requestTags: ['t2'] },
        { limitIds: [' c ', 'a'], requestTags: ['t1', 't2'] },
        { limitIds: ['d', 'c', 'd'] },
      ),
    ).toEqual({ limitIds: ['b', 'a', 'c', 'd'], requestTags: ['t2', 't1'] });
  });

  it('clears no list by one that holds blanks only, and no bag by one without values', () => {
    expect(
      nested(
        { limitIds: ['l1'], requestProperties: { a: 'b' } },
        { limitIds: [' '], requestProperties: { c: undefined as never } },
      ),
    ).toEqual({ limitIds: ['l1'], requestProperties: { a: 'b' } });
  });

  it('merges property bags, the inner member winning, and keeps a null in them', () => {
    expect(
      nested(
        { requestProperties: { a: '1', b: '2' }, useCaseProperties: { x: '1' } },
        { requestProperties: { b: null, c: '3' }, useCaseProperties: { y: 'ü' } },
      ),
    ).toEqual({ requestProperties: { a: '1', b: null, c: '3' }, useCaseProperties: { x: '1', y: 'ü' } });
  });

  it('replaces the logging flag, in both directions, and only when it is given', () => {
    const off = { logPromptAndResponse: false };
    expect(nested(off, { userId: 'u1' })).toMatchObject(off);
    expect(nested(off, { logPromptAndResponse: true })).toEqual({ logPromptAndResponse: true });
    expect(nested({ logPromptAndResponse: true }, off)).toEqual(off);
    expect(sent({ defaults: off, layers: [{ userId: 'u1' }] })).toEqual({ ...off, userId: 'u1' });
    expect(sent({ defaults: off, layers: [{ logPromptAndResponse: true }] })).toEqual({});
  });
});

describe('the use case of a context', () => {
  const outer = {
    useCaseName: 'chat',
    useCaseId: 'c-1',
    useCaseVersion: 3,
    useCaseStep: 'plan',
    useCaseProperties: { a: 'b' },
  };

  it('begins an instance, one for all calls inside', () => {
    track({ useCaseName: 'chat' }, () => {
      const id = getContext()?.useCaseId;
      expect(id).toMatch(uuid);
      expect(sent({}).useCaseId).toBe(id);
      expect(nested({ userId: 'u1' })?.useCaseId).toBe(id);
      expect(nested({ useCaseName: 'chat' })?.useCaseId).toBe(id);
    });
    expect(nested({ useCaseName: 'chat' })?.useCaseId).not.toBe(nested({ useCaseName: 'chat' })?.useCaseId);
  });

  it('is the instance that is given, or none when its id is cleared', () => {
    expect(nested({ useCaseName: 'chat', useCaseId: 'c-1' })?.useCaseId).toBe('c-1');
    expect(nested({ useCaseName: 'chat', useCaseId: null })?.useCaseId).toBeNull();
    expect(nested({ useCaseName: 'chat', useCaseId: null }, { useCaseName: 'chat' })?.useCaseId).toBeNull();
  });

  it('has no id of its own where it has no name', () => {
    expect(nested({ useCaseVersion: 1 })).toEqual({ useCaseVersion: 1 });
    expect(nested({ useCaseName: null })).not.toHaveProperty('useCaseId', expect.anything());
  });

  it('passes on id, version, step and properties under the same name', () => {
    expect(nested(outer, { useCaseName: 'chat', useCaseStep: 'act', useCaseProperties: { c: 'd' } })).toEqual(
      {
        ...outer,
        useCaseStep: 'act',
        useCaseProperties: { a: 'b', c: 'd' },
      },
    );
  });

  it('passes on none of them to another use case', () => {
    const inner = nested(outer, { useCaseName: 'search' });
    expect(inner).toEqual({
      useCaseName: 'search',
      useCaseId: expect.stringMatching(uuid),
      useCaseVersion: null,
      useCaseStep: null,
      useCaseProperties: null,
    });
    expect(nested(outer, { useCaseName: 'search', useCaseVersion: 1 })?.useCaseVersion).toBe(1);
    expect(nested(outer, { useCaseName: 'search' }, { useCaseName: 'chat' })?.useCaseId).toMatch(uuid);
  });

  it('takes id, version and step that come without a name', () => {
    expect(nested(outer, { useCaseId: 'c-2', useCaseVersion: 0, useCaseStep: 'act' })).toEqual({
      ...outer,
      useCaseId: 'c-2',
      useCaseVersion: 0,
      useCaseStep: 'act',
    });
  });

  it('keeps id, version and step where there is no name yet, for the one that comes', () => {
    const early = { useCaseId: 'c-2', useCaseVersion: 0, useCaseStep: 'act' };
    expect(nested(early)).toEqual(early);
    expect(sent({ layers: [early] })).toEqual(early);
    expect(sent({ layers: [early, { useCaseName: 'chat' }] })).toEqual({ ...early, useCaseName: 'chat' });
    expect(sent({ layers: [early], defaults: { useCaseName: 'chat' } })).toEqual({
      ...early,
      useCaseName: 'chat',
    });
  });

  it('is cleared as a whole with its name', () => {
    const cleared = {
      useCaseName: null,
      useCaseId: null,
      useCaseVersion: null,
      useCaseStep: null,
      useCaseProperties: null,
    };
    expect(nested(outer, { useCaseName: '' })).toEqual(cleared);
    expect(nested(outer, { useCaseName: null }, { useCaseName: 'chat' })).toEqual({
      ...cleared,
      useCaseName: 'chat',
      useCaseId: expect.stringMatching(uuid),
    });
    expect(sent({ defaults: { ...outer, userId: 'u1' }, layers: [{ useCaseName: null }] })).toEqual({
      userId: 'u1',
    });
  });

  it('is not confused by a call that names another, or gives an id of its own', () => {
    expect(sent({ layers: [outer], call: { useCaseName: 'search' } })).toEqual({ useCaseName: 'search' });
    expect(sent({ layers: [outer], call: { useCaseId: 'of-the-call' } })).toEqual({
      ...outer,
      useCaseId: 'of-the-call',
    });
  });
});

describe('a call in a context', () => {
  /** The table "Who wins", row by row: title, then four cells of JSON, then what arrives. */
  const page = readFileSync(new URL('../../../docs/context.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\|([^|]*)\|(.*`\{.*\}`.*)\|$/gm)].map(([, title = '', cells = '']) => {
    const [defaults, outer, inner, call, arrives] = cells
      .split('|')
      .map((cell) => cell.trim())
      .map((cell) => (cell === '' ? undefined : (JSON.parse(cell.slice(1, -1)) as Annotations)));
    return { title: title.trim(), defaults, outer, inner, call, arrives };
  });

  it('has a table in docs/context.md', () => {
    expect(rows.length).toBeGreaterThan(10);
    expect(new Set(rows.map(({ title }) => title)).size).toBe(rows.length);
  });

  it.each(rows)('carries what the table says: $title', ({ defaults = {}, outer, inner, call, arrives }) => {
    const layers = [outer, inner].filter((layer) => layer !== undefined);
    for (const route of ['headers', 'proxy', 'direct'] as const) {
      expect(sent({ defaults, layers, ...(call && { call }) }, route)).toEqual(arrives);
    }
  });

  it('does not get back from the defaults what a context cleared', () => {
    const defaults = { limitIds: ['d'], requestProperties: { d: '1' } };
    const cleared = { limitIds: null, requestProperties: null };
    expect(sent({ defaults, layers: [cleared, { limitIds: ['i'] }] })).toEqual({ limitIds: ['i'] });
    expect(sent({ defaults, layers: [cleared, {}, { requestProperties: { i: '2' } }] })).toEqual({
      requestProperties: { i: '2' },
    });
  });

  it('is refused when context and defaults are too large together', () => {
    const ids = (name: string) => Array.from({ length: 500 }, (_, index) => `${name}-${index}`);
    expect(() =>
      sent({ defaults: { limitIds: ids('default') }, layers: [{ limitIds: ids('context') }] }),
    ).toThrow(HeaderEncodingError);
  });

  it('is encoded once for many calls, and separately for each Payi', () => {
    const first = resolvePayi(createPayi({ route: 'headers', defaults: { accountName: 'Acme' } }));
    const second = resolvePayi(createPayi({ route: 'headers', defaults: { accountName: 'Other' } }));
    track({ userId: 'u1' }, () => {
      const call = annotateCall(first, undefined);
      expect(call).toEqual({
        annotations: { accountName: 'Acme', userId: 'u1' },
        headers: { 'xProxy-Account-Name': 'Acme', 'xProxy-User-ID': 'u1' },
      });
      expect(annotateCall(second, undefined).annotations).toEqual({ accountName: 'Other', userId: 'u1' });
      expect(annotateCall(first, undefined)).toBe(call);
    });
  });
});

describe('the context', () => {
  const userIdNow = (): unknown => getContext()?.userId;
  const asUser = <Result>(userId: string, fn: () => Result): Result => track({ userId }, fn);

  it('survives await, timers, immediates, ticks, microtasks and callbacks', async () => {
    const seen = await asUser('u1', async () => {
      const ways: ((callback: () => void) => unknown)[] = [
        (callback) => setTimeout(callback, 1),
        setImmediate,
        process.nextTick,
        queueMicrotask,
        (callback) => Promise.resolve().then(callback),
        (callback) => sleep(1).then(callback),
        (callback) => promisify(setImmediate)().then(callback),
      ];
      return Promise.all(ways.map((way) => new Promise((resolve) => way(() => resolve(userIdNow())))));
    });
    expect(seen).toEqual(Array.from({ length: 7 }, () => 'u1'));
  });

  it('is each task’s own in concurrent tasks', async () => {
    const task = (userId: string, delayMs: number) =>
      asUser(userId, async () => {
        const seen: unknown[] = [userIdNow()];
        for (let turn = 0; turn < 3; turn += 1) {
          await sleep(delayMs);
          seen.push(userIdNow());
        }
        return seen;
      });
    expect(await Promise.all([task('A', 2), task('B', 1), task('C', 0)])).toEqual([
      ['A', 'A', 'A', 'A'],
      ['B', 'B', 'B', 'B'],
      ['C', 'C', 'C', 'C'],
    ]);
  });

  it('of a listener is that of whoever emits, unless the listener was bound to its own', () => {
    const emitter = new EventEmitter();
    const seen: unknown[] = [];
    asUser('listener', () => {
      emitter.on('event', () => seen.push(userIdNow()));
      emitter.on(
        'event',
        AsyncResource.bind(() => seen.push(userIdNow())),
      );
      emitter.on(
        'event',
        AsyncLocalStorage.bind(() => seen.push(userIdNow())),
      );
    });
    asUser('emitter', () => emitter.emit('event'));
    expect(seen).toEqual(['emitter', 'listener', 'listener']);
  });

  it('of an EventEmitterAsyncResource is the one it was made in', () => {
    const emitter = asUser('maker', () => new EventEmitterAsyncResource({ name: 'test' }));
    const seen: unknown[] = [];
    emitter.on('event', () => seen.push(userIdNow()));
    asUser('emitter', () => emitter.emit('event'));
    expect(seen).toEqual(['maker']);
  });

  it('is frozen at every level', () => {
    const context = nested({ limitIds: ['l1'], requestProperties: { a: 'b' } });
    expect(Object.isFrozen(context)).toBe(true);
    expect(Object.isFrozen(context?.limitIds)).toBe(true);
    expect(Object.isFrozen(context?.requestProperties)).toBe(true);
  });

  it('goes to a worker by value, and stays the same use case instance', async () => {
    const context = nested(
      { useCaseName: 'chat', userId: 'u1', limitIds: ['l1'], requestProperties: { name: 'José' } },
      { accountName: null },
    );
    expect(structuredClone(context)).toEqual(context);
    expect(JSON.parse(JSON.stringify(context))).toEqual(context);
    const worker = new Worker(new URL('../test/context-worker.ts', import.meta.url), {
      workerData: { context },
    });
    const [message] = await once(worker, 'message');
    await worker.terminate();
    expect(message).toEqual({ outside: undefined, inside: context });
  });

  it('carries a use case without an id by value, too', () => {
    const context = nested({ useCaseName: 'chat', useCaseId: null });
    expect(track(structuredClone(context) ?? {}, getContext)).toEqual(context);
  });
});

describe('a generator in a context', () => {
  const userIdNow = (): unknown => getContext()?.userId;

  it('sees the context in every piece of its body, whoever reads it', () => {
    const log: unknown[] = [];
    const generator = track({ userId: 'u1' }, function* () {
      try {
        log.push(userIdNow());
        log.push(yield userIdNow());
        log.push(yield userIdNow());
      } finally {
        log.push(['finally', userIdNow()]);
      }
      return userIdNow();
    });
    expect(generator.next()).toEqual({ done: false, value: 'u1' });
    expect(track({ userId: 'reader' }, () => generator.next('sent'))).toEqual({ done: false, value: 'u1' });
    expect(generator.next('again')).toEqual({ done: true, value: 'u1' });
    expect(log).toEqual(['u1', 'sent', 'again', ['finally', 'u1']]);
    expect(userIdNow()).toBeUndefined();
  });

  it('sees the context when it is left early or thrown into', () => {
    const log: unknown[] = [];
    const make = () =>
      track({ userId: 'u1' }, function* () {
        try {
          yield 1;
        } finally {
          log.push(userIdNow());
        }
      });
    for (const _ of make()) break;
    const thrownInto = make();
    thrownInto.next();
    expect(() => thrownInto.throw(new Error('of the reader'))).toThrow('of the reader');
    expect(log).toEqual(['u1', 'u1']);
  });

  it('sees the context across awaits, when it is asynchronous', async () => {
    const log: unknown[] = [];
    const generator = track({ userId: 'u1' }, async function* () {
      try {
        await sleep(1);
        yield userIdNow();
        await sleep(1);
        yield userIdNow();
      } finally {
        await sleep(1);
        log.push(userIdNow());
      }
    });
    for await (const seen of generator) {
      log.push(seen, userIdNow());
      if (log.length === 4) break;
    }
    expect(log).toEqual(['u1', undefined, 'u1', undefined, 'u1']);
  });

  it('sees its own context when several are read in turns', async () => {
    const make = (userId: string) =>
      track({ userId }, async function* () {
        for (let turn = 0; turn < 3; turn += 1) {
          await sleep(turn);
          yield userIdNow();
        }
      });
    const [left, right] = [make('left'), make('right')];
    const seen = await Promise.all([left.next(), right.next(), left.next(), right.next()]);
    expect(seen.map(({ value }) => value)).toEqual(['left', 'right', 'left', 'right']);
  });

  it('sees the innermost of nested contexts', () => {
    const generator = track({ userId: 'outer' }, () =>
      track({ userId: 'inner', limitIds: ['l1'] }, function* () {
        yield getContext();
      }),
    );
    expect([...generator]).toEqual([{ userId: 'inner', limitIds: ['l1'] }]);
  });

  it('is still one to everybody who looks', async () => {
    const sync = track({}, function* () {
      yield 1;
      yield 2;
    });
    const later = track({}, async function* () {
      yield 1;
    });
    expect(Object.prototype.toString.call(sync)).toBe('[object Generator]');
    expect(sync[Symbol.iterator]()).toBe(sync);
    expect([...sync]).toEqual([1, 2]);
    expect(Object.prototype.toString.call(later)).toBe('[object AsyncGenerator]');
    expect(later[Symbol.asyncIterator]()).toBe(later);
    for await (const value of later) expect(value).toBe(1);
  });

  it('leaves a generator that others hold as it is', () => {
    const held = (function* () {
      while (true) yield getContext()?.userId;
    })();
    const bound = track({ userId: 'u1' }, () => held);
    expect([held.next().value, bound.next().value, held.next().value]).toEqual([undefined, 'u1', undefined]);
  });

  it('binds no stream, no array and no other iterable', () => {
    const stream = new ReadableStream();
    const list = [1];
    expect(track({}, () => stream)).toBe(stream);
    expect(track({}, () => list)).toBe(list);
  });
});
