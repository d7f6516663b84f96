import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acceptedAnnotations } from '../../test/arbitrary-annotations.ts';
import type { Annotations } from './annotations.ts';
import { createHeaders } from './create-headers.ts';
import { headerNames } from './header-names.ts';
import { mergeAnnotations } from './merge-annotations.ts';
import { canonicalHeaderName, mergeHeaders, setInAnyCase } from './merge-headers.ts';

/** The headers of one layer, with an empty header for every field that the layer gives and no value travels for. */
function headersWithClears(layer: Annotations): Record<string, string> {
  const given = (Object.keys(layer) as (keyof Annotations)[]).filter((field) => layer[field] !== undefined);
  return { ...Object.fromEntries(given.map((field) => [headerNames[field], ''])), ...createHeaders(layer) };
}

describe('mergeHeaders()', () => {
  it('agrees with mergeAnnotations: merging then encoding is encoding then merging', () => {
    fc.assert(
      fc.property(acceptedAnnotations, acceptedAnnotations, acceptedAnnotations, (outer, middle, inner) => {
        const merged = mergeHeaders(
          mergeHeaders(createHeaders(outer), headersWithClears(middle)),
          headersWithClears(inner),
        );
        expect(merged).toEqual(createHeaders(mergeAnnotations(outer, middle, inner)));
      }),
      { numRuns: 1000 },
    );
  });

  it('matches names in any case and writes the documented spelling', () => {
    expect(
      mergeHeaders({ 'xProxy-User-ID': 'a' }, { 'xproxy-user-id': 'b', 'XPROXY-LIMIT-IDS': 'l' }),
    ).toEqual({
      'xProxy-User-ID': 'b',
      'xProxy-Limit-IDs': 'l',
    });
  });

  it('lets an empty annotation header clear the default', () => {
    expect(
      mergeHeaders({ 'xProxy-User-ID': 'a', 'xProxy-Account-Name': 'b' }, { 'xproxy-user-id': '' }),
    ).toEqual({
      'xProxy-Account-Name': 'b',
    });
  });

  it('does not hand the instance of one use case to another', () => {
    const defaults = {
      'xProxy-UseCase-Name': 'chat',
      'xProxy-UseCase-ID': 'c-1',
      'xProxy-UseCase-Version': '2',
      'xProxy-UseCase-Step': 's',
      'xProxy-UseCase-Properties': 'e30=',
      'xProxy-User-ID': 'u1',
    };
    expect(
      mergeHeaders(defaults, { 'xproxy-usecase-name': 'search', 'xproxy-usecase-step': 'rank' }),
    ).toEqual({
      'xProxy-UseCase-Name': 'search',
      'xProxy-UseCase-Step': 'rank',
      'xProxy-User-ID': 'u1',
    });
  });

  it('passes other headers on as they are spelled, empty ones too', () => {
    expect(mergeHeaders({}, { 'X-Trace': '1', 'x-empty': '' })).toEqual({ 'X-Trace': '1', 'x-empty': '' });
  });

  it('takes the later of two spellings', () => {
    expect(mergeHeaders({}, { 'X-Trace': '1', 'x-trace': '2' })).toEqual({ 'x-trace': '2' });
    expect(mergeHeaders({}, { 'xProxy-User-ID': 'a', 'xproxy-user-id': 'b' })).toEqual({
      'xProxy-User-ID': 'b',
    });
  });

  it('changes neither record', () => {
    const defaults = Object.freeze({ 'xProxy-User-ID': 'a' });
    const headers = Object.freeze({ 'xProxy-User-ID': '' });
    expect(mergeHeaders(defaults, headers)).toEqual({});
  });
});

describe('canonicalHeaderName()', () => {
  it('knows the headers of Pay-i in any case and no others', () => {
    expect(canonicalHeaderName('XPROXY-USECASE-NAME')).toBe('xProxy-UseCase-Name');
    expect(canonicalHeaderName('xproxy-api-key')).toBe('xProxy-Api-Key');
    expect(canonicalHeaderName('x-trace')).toBeUndefined();
    expect(canonicalHeaderName('constructor')).toBeUndefined();
  });
});

describe('setInAnyCase()', () => {
  it('sets a header and removes its other spellings', () => {
    const headers: Record<string, string> = { 'X-TRACE': '1', other: '2' };
    setInAnyCase(headers, 'x-trace', '3');
    expect(headers).toEqual({ 'x-trace': '3', other: '2' });
  });
});
