import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acceptedAnnotations } from '../../test/arbitrary-annotations.ts';
import type { Annotations } from '../annotations/annotations.ts';
import { createHeaders } from '../annotations/create-headers.ts';
import { headerNames } from '../annotations/header-names.ts';
import { mergeAnnotations } from '../annotations/merge-annotations.ts';
import { parseHeaders } from '../annotations/parse-headers.ts';
import { track } from '../context.ts';
import { HeaderEncodingError } from '../errors.ts';
import { createPayi } from '../settings/create-payi.ts';
import type { PayiOptions } from '../settings/payi-options.ts';
import { internalsOf, type ResolvedPayi } from '../settings/resolved-payi.ts';
import { annotateCall, annotateHeaders } from './annotate-call.ts';

function payiWith(options: PayiOptions = {}): ResolvedPayi {
  return internalsOf(createPayi({ route: 'headers', ...options }));
}

const plain = payiWith();
const defaults = { limitIds: ['company'], requestProperties: { from: 'defaults' } };
const payi = payiWith({ defaults });

/** The headers of one call, with an empty header for every field that it gives and no value travels for. */
function headersWithClears(annotations: Annotations): Record<string, string> {
  const given = (Object.keys(annotations) as (keyof Annotations)[]).filter(
    (field) => annotations[field] !== undefined,
  );
  const empty = Object.fromEntries(given.map((field) => [headerNames[field], '']));
  return { ...empty, ...createHeaders(annotations) };
}

/** What arrives when the headers of a call are on its request: all that the adapter does not delete. */
function sent(annotatedBy: ResolvedPayi, given: Record<string, string>): Record<string, string> {
  const headers = new Headers({ accept: '*/*', ...given });
  const { set, deleted } = annotateHeaders(annotatedBy, headers);
  for (const name of deleted) headers.delete(name);
  for (const name in set) headers.set(name, set[name] as string);
  headers.delete('accept');
  return Object.fromEntries(headers.entries());
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

describe('annotateCall()', () => {
  it('merges what the defaults and the call say, and encodes that', () => {
    fc.assert(
      fc.property(acceptedAnnotations, acceptedAnnotations, (below, call) => {
        const given = headersWithClears(call);
        const merged = mergeAnnotations(parseHeaders(createHeaders(below)), parseHeaders(given));
        const annotated = annotateCall(payiWith({ defaults: below }), given);
        expect(annotated.annotations).toEqual(merged);
        expect(annotated.headers).toEqual(createHeaders(merged));
      }),
      { numRuns: 1000 },
    );
  });

  it('says on the headers of a request what it says of a record', () => {
    fc.assert(
      fc.property(acceptedAnnotations, acceptedAnnotations, (below, call) => {
        const annotatedBy = payiWith({ defaults: below });
        const given = headersWithClears(call);
        const expected = annotateCall(annotatedBy, given);
        expect(annotateHeaders(annotatedBy, new Headers(given)).annotations).toEqual(expected.annotations);
        expect(sent(annotatedBy, given)).toEqual(lowerCase(expected.headers));
      }),
      { numRuns: 500 },
    );
  });

  it('returns the headers of createHeaders() as they are when nothing lies below', () => {
    const given = createHeaders({
      userId: 'u-42',
      limitIds: ['a', 'b'],
      requestProperties: { city: 'Zürich' },
    });
    expect(annotateCall(plain, given).headers).toBe(given);
  });

  it('freezes the annotations at every level, because receipts hand them out', () => {
    const given = createHeaders({
      limitIds: ['team'],
      requestProperties: { nested: { deep: [1] } as never },
    });
    for (const { annotations } of [annotateCall(payi, given), annotateHeaders(plain, new Headers(given))]) {
      const { limitIds, requestProperties } = annotations;
      expect([annotations, limitIds, requestProperties].map((value) => Object.isFrozen(value))).toEqual([
        true,
        true,
        true,
      ]);
    }
  });

  it('matches names in any case and writes the documented spelling', () => {
    const given = Object.freeze({ 'xproxy-user-id': 'b', 'XPROXY-LIMIT-IDS': 'l' });
    expect(annotateCall(plain, given)).toEqual({
      annotations: { userId: 'b', limitIds: ['l'] },
      headers: { 'xProxy-User-ID': 'b', 'xProxy-Limit-IDs': 'l' },
    });
  });

  it('lets an empty header clear', () => {
    const given = Object.freeze({ 'xproxy-limit-ids': '', 'xProxy-User-ID': 'u-42' });
    expect(annotateCall(payi, given).annotations).toEqual({
      requestProperties: { from: 'defaults' },
      userId: 'u-42',
    });
    expect(annotateCall(plain, given)).toEqual({
      annotations: { userId: 'u-42' },
      headers: { 'xProxy-User-ID': 'u-42' },
    });
  });

  it('does not hand the instance of one use case to another', () => {
    const chat = { useCaseName: 'chat', useCaseId: 'c-1', useCaseVersion: 2, userId: 'u1' };
    const given = { 'xproxy-usecase-name': 'search', 'xproxy-usecase-step': 'rank' };
    expect(annotateCall(payiWith({ defaults: chat }), given).headers).toEqual({
      'xProxy-UseCase-Name': 'search',
      'xProxy-UseCase-Step': 'rank',
      'xProxy-User-ID': 'u1',
    });
  });

  it('passes other headers on as they are spelled, empty ones too', () => {
    const given = { 'X-Trace': '1', 'x-empty': '', 'xproxy-user-id': 'u-42' };
    for (const [annotatedBy, headers] of [
      [plain, { 'X-Trace': '1', 'x-empty': '', 'xProxy-User-ID': 'u-42' }],
      [payi, { ...createHeaders(defaults), 'X-Trace': '1', 'x-empty': '', 'xProxy-User-ID': 'u-42' }],
      [payiWith({ route: 'direct' }), { 'X-Trace': '1', 'x-empty': '' }],
    ] as const) {
      expect(annotateCall(annotatedBy, given)).toMatchObject({ headers, others: ['X-Trace', 'x-empty'] });
      expect(Object.keys(annotateCall(annotatedBy, given).headers)).toHaveLength(Object.keys(headers).length);
    }
  });

  it('keeps every header of Pay-i from the provider on route direct', () => {
    const given = { 'xProxy-Forward-X': '1', 'XPROXY-New': '2', 'x-trace': '3' };
    expect(annotateCall(payiWith({ route: 'direct' }), given).headers).toEqual({ 'x-trace': '3' });
  });

  it('refuses what is too large together', () => {
    const given = { 'xProxy-Account-Name': 'a'.repeat(8000) };
    const below = payiWith({ defaults: { useCaseId: 'i'.repeat(4000) } });
    expect(annotateCall(plain, given).headers).toEqual(given);
    expect(() => annotateCall(below, given)).toThrow(HeaderEncodingError);
    expect(() => annotateHeaders(below, new Headers(given))).toThrow(HeaderEncodingError);
    expect(annotateHeaders(plain, new Headers(given)).set).toEqual({});
  });
});

describe('what a header cannot carry', () => {
  const defaults = { accountName: 'Müller', useCaseStep: 'answer' };
  const given = Object.freeze({
    'X-Trace': '1',
    'xproxy-user-id': 'Jané',
    'xProxy-UseCase-Version': 'three',
  });

  it('is refused when a client is made whose calls would all be refused', () => {
    expect(() => payiWith({ defaults })).toThrow(HeaderEncodingError);
    expect(() => payiWith({ defaults: { userID: 'u' } as never, invalidAnnotations: 'fold' })).toThrow(
      'is not an annotation',
    );
    expect(() => payiWith({ route: 'direct', defaults: { userId: 7 } as never })).toThrow('must be text');
  });

  it('is not refused where the call overrides or clears it', () => {
    const call = { 'x-trace': '1', 'xProxy-Account-Name': 'Acme', 'xProxy-Request-Tags': '' };
    const [one, other] = track({ accountName: 'Müller', requestTags: ['a b'], useCaseStep: 'answer' }, () => [
      annotateCall(plain, call),
      annotateHeaders(plain, new Headers(call)),
    ]);
    const annotations = { accountName: 'Acme', useCaseStep: 'answer' };
    const headers = { 'xProxy-Account-Name': 'Acme', 'xProxy-UseCase-Step': 'answer' };
    expect(one).toMatchObject({ annotations, headers: { ...headers, 'x-trace': '1' } });
    expect(Object.keys(one.headers)).toHaveLength(3);
    expect(other).toMatchObject({ annotations, isGiven: true });
    const unrelated = () => annotateCall(plain, { 'xProxy-User-ID': 'u' });
    expect(() => track({ accountName: 'Müller' }, unrelated)).toThrow(HeaderEncodingError);
  });

  it('is mended in the defaults, the context and the call, and other headers stay', () => {
    const folding = payiWith({ defaults, invalidAnnotations: 'fold' });
    const annotated = track({ requestTags: ['ü', 'a b'] }, () => annotateCall(folding, given));
    const annotations = {
      accountName: 'Muller',
      useCaseStep: 'answer',
      requestTags: ['u', 'a_b'],
      userId: 'Jane',
    };
    expect(annotated).toEqual({
      annotations,
      headers: { ...createHeaders(annotations), 'X-Trace': '1' },
      others: ['X-Trace'],
      warnings: ['requestTags', 'userId', 'accountName', 'useCaseVersion'].map((field) =>
        expect.stringMatching(new RegExp(`^annotation (?:folded|left out): ${field}`)),
      ),
    });
    const { 'X-Trace': _, ...headers } = given;
    expect(track({ requestTags: ['ü', 'a b'] }, () => sent(folding, headers))).toEqual(
      lowerCase(createHeaders(annotations)),
    );
  });

  it('is mended once for many calls', () => {
    const folding = payiWith({ defaults, invalidAnnotations: 'fold' });
    expect(annotateCall(folding, undefined).headers).toEqual({
      'xProxy-Account-Name': 'Muller',
      'xProxy-UseCase-Step': 'answer',
    });
    expect(annotateCall(folding, undefined)).toBe(annotateCall(folding, undefined));
    track({ userId: 'Jané' }, () => {
      expect(annotateCall(folding, undefined)).toBe(annotateCall(folding, undefined));
    });
  });

  it('counts the other headers of the call among those that have to fit together', () => {
    const folding = payiWith({ invalidAnnotations: 'fold' });
    const trace = { 'x-trace': 't'.repeat(7000) };
    const ids = { 'xProxy-UseCase-ID': 'i'.repeat(5500), 'xProxy-User-ID': 'u' };
    const { headers, annotations } = annotateCall(folding, { ...trace, ...ids });
    expect(headers).toEqual({ ...trace, 'xProxy-User-ID': 'u' });
    expect(annotations).toEqual({ userId: 'u' });
    expect(() => annotateCall(folding, { ...trace, 'x-more': 'm'.repeat(7000) })).toThrow(
      HeaderEncodingError,
    );
  });

  it('travels in the event of route direct', () => {
    const direct = payiWith({ route: 'direct', defaults });
    const { annotations, headers, warnings } = annotateCall(direct, {
      'xProxy-User-ID': ' Jané ',
      'x-trace': '1',
    });
    expect(annotations).toEqual({ ...defaults, userId: 'Jané' });
    expect(headers).toEqual({ 'x-trace': '1' });
    expect(warnings).toBeUndefined();
    expect(() => annotateCall(direct, { 'xProxy-UseCase-Version': 'three' })).toThrow('useCaseVersion');
  });
});

describe('headers of a call that were written by hand', () => {
  const given = {
    'xproxy-limit-ids': 'team, project ,',
    'xProxy-Request-Tags': 'a , b',
    'xProxy-Request-Properties': '{"city":"Z\\u00fcrich"}',
    'XPROXY-USECASE-PROPERTIES': '{ "ticket": null }',
  };
  const annotations = {
    limitIds: ['team', 'project'],
    requestTags: ['a', 'b'],
    requestProperties: { city: 'Zürich' },
    useCaseProperties: { ticket: null },
  };

  it('travel as createHeaders() writes them: lists without blanks, bags in base64', () => {
    for (const annotatedBy of [payi, plain]) {
      expect(annotateCall(annotatedBy, given)).toEqual({ annotations, headers: createHeaders(annotations) });
      expect(sent(annotatedBy, given)).toEqual(lowerCase(createHeaders(annotations)));
    }
  });

  it('travel with the padding that decoders of base64 ask for, and without spaces in it', () => {
    const headers = createHeaders({ requestProperties: { a: 'b' }, useCaseProperties: { c: 'd' } });
    const unpadded = {
      'xProxy-Request-Properties': 'eyJhIjoi YiJ9',
      'xProxy-UseCase-Properties': Buffer.from('{ "c":"d"}').toString('base64').replaceAll('=', ''),
    };
    expect(parseHeaders(unpadded)).toEqual(parseHeaders(headers));
    expect(annotateCall(plain, unpadded).headers).toEqual(headers);
    expect(sent(plain, unpadded)).toEqual(lowerCase(headers));
  });

  it('clear a default when nothing is in them', () => {
    for (const nothing of ['{}', 'e30=']) {
      const given = { 'xProxy-Limit-IDs': ' , ', 'xProxy-Request-Properties': nothing };
      for (const annotatedBy of [payi, plain]) {
        expect(annotateCall(annotatedBy, given)).toEqual({ annotations: {}, headers: {} });
        expect(sent(annotatedBy, given)).toEqual({});
      }
    }
  });

  it('stay as they are where Pay-i reads them', () => {
    const given = { 'xProxy-User-ID': 'u-42', 'xProxy-Logging-Disable': 'False' };
    expect(annotateCall(payi, given).headers).toEqual({ ...createHeaders(defaults), ...given });
    expect(annotateCall(plain, given).headers).toBe(given);
  });
});

describe('annotateHeaders()', () => {
  it('changes nothing on a request that carries what createHeaders() returned', () => {
    const annotations = { userId: 'u-42', limitIds: ['a', 'b'], requestProperties: { city: 'Zürich' } };
    expect(annotateHeaders(plain, new Headers(createHeaders(annotations)))).toEqual({
      annotations,
      set: {},
      deleted: [],
      isGiven: true,
    });
  });

  it('sets what a context says on a request without annotations', () => {
    const annotated = track({ userId: 'u-42' }, () => annotateHeaders(plain, new Headers({ accept: '*/*' })));
    expect(annotated).toEqual({
      annotations: { userId: 'u-42' },
      set: { 'xProxy-User-ID': 'u-42' },
      deleted: [],
      isGiven: false,
    });
  });

  it('deletes what clears, sets what is not there, and leaves the rest', () => {
    const given = new Headers({ 'xProxy-Limit-IDs': '', 'xProxy-User-ID': 'u-42' });
    expect(annotateHeaders(payi, given)).toEqual({
      annotations: { userId: 'u-42', requestProperties: { from: 'defaults' } },
      set: createHeaders({ requestProperties: { from: 'defaults' } }),
      deleted: ['xproxy-limit-ids'],
      isGiven: true,
    });
  });
});
