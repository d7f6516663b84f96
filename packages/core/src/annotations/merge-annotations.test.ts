import { describe, expect, it } from 'vitest';
import type { Annotations } from './annotations.ts';
import { mergeAnnotations } from './merge-annotations.ts';

describe('mergeAnnotations()', () => {
  it('lets a later layer replace an earlier one, field by field', () => {
    expect(
      mergeAnnotations({ userId: 'a', accountName: 'acme' }, { userId: 'b' }, { limitIds: ['l'] }),
    ).toEqual({
      userId: 'b',
      accountName: 'acme',
      limitIds: ['l'],
    });
  });

  it('replaces lists and bags whole', () => {
    expect(
      mergeAnnotations(
        { limitIds: ['a', 'b'], requestProperties: { a: '1', b: '2' } },
        { limitIds: ['c'], requestProperties: { c: '3' } },
      ),
    ).toEqual({ limitIds: ['c'], requestProperties: { c: '3' } });
  });

  it('inherits what is undefined', () => {
    expect(mergeAnnotations({ userId: 'a' }, { userId: undefined })).toEqual({ userId: 'a' });
  });

  it('clears with null and with the empty text, list and bag', () => {
    const outer: Annotations = {
      userId: 'a',
      accountName: 'b',
      limitIds: ['c'],
      requestProperties: { d: 'e' },
    };
    expect(
      mergeAnnotations(outer, { userId: null, accountName: '', limitIds: [], requestProperties: {} }),
    ).toEqual({});
  });

  it('keeps 0 and false, which are values', () => {
    const inner: Annotations = { useCaseVersion: 0, logPromptAndResponse: false };
    expect(mergeAnnotations({ useCaseVersion: 3, logPromptAndResponse: true }, inner)).toEqual(inner);
  });

  const chat: Annotations = {
    useCaseName: 'chat',
    useCaseId: 'c-1',
    useCaseVersion: 2,
    useCaseStep: 'answer',
    useCaseProperties: { a: 'b' },
    userId: 'u1',
  };

  it('does not hand the instance of one use case to another', () => {
    expect(mergeAnnotations(chat, { useCaseName: 'search' })).toEqual({
      useCaseName: 'search',
      userId: 'u1',
    });
    expect(mergeAnnotations(chat, { useCaseName: null })).toEqual({ userId: 'u1' });
  });

  it('keeps what the layer that changes the use case says itself', () => {
    expect(mergeAnnotations(chat, { useCaseStep: 'rank', useCaseName: 'search' })).toEqual({
      useCaseName: 'search',
      useCaseStep: 'rank',
      userId: 'u1',
    });
  });

  it('keeps the instance when the name is repeated, or given for the first time', () => {
    expect(mergeAnnotations(chat, { useCaseName: 'chat', useCaseStep: 'rank' })).toEqual({
      ...chat,
      useCaseStep: 'rank',
    });
    expect(mergeAnnotations({ useCaseId: 'c-1' }, { useCaseName: 'chat' })).toEqual({
      useCaseName: 'chat',
      useCaseId: 'c-1',
    });
  });

  it('changes no layer and skips absent ones', () => {
    const outer = Object.freeze({ userId: 'a' });
    const inner = Object.freeze({ userId: null });
    expect(mergeAnnotations(undefined, outer, null as never, inner)).toEqual({});
    expect(mergeAnnotations()).toEqual({});
    expect(mergeAnnotations(outer)).not.toBe(outer);
  });

  it('keeps unknown fields, so that createHeaders can refuse them, but no key __proto__', () => {
    const merged = mergeAnnotations(JSON.parse('{"__proto__":{"userId":"x"},"userID":"y"}'));
    expect(Object.keys(merged)).toEqual(['userID']);
    expect(merged.userId).toBeUndefined();
  });
});
