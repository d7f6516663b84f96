import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acceptedAnnotations, anyText } from '../../test/arbitrary-annotations.ts';
import type { Annotations } from './annotations.ts';
import { createHeaders } from './create-headers.ts';
import { type Mending, mendAnnotations } from './mend-annotations.ts';
import { parseHeaders } from './parse-headers.ts';

const mender = (policy: Mending['policy'], travels: boolean) => (given: Annotations, otherBytes?: number) =>
  mendAnnotations({ policy, travels }, given, otherBytes);
const fold = mender('fold', true);
const leaveOut = mender('leave-out', true);

describe('folding', () => {
  it.each<[Annotations, Annotations]>([
    [{ accountName: 'Müller GmbH' }, { accountName: 'Muller GmbH' }],
    [{ accountName: 'Straße Ærø Łódź Œuvre' }, { accountName: 'Strasse AEro Lodz OEuvre' }],
    [{ accountName: '  ﬁne №5 ½ \n' }, { accountName: 'fine No5 1_2' }],
    [{ accountName: 'Acme 東京 \u{1f600}\ud800\u0000' }, { accountName: 'Acme __ ___' }],
    [{ userId: 'Jané Doe' }, { userId: 'Jane_Doe' }],
    [{ useCaseName: 'Größe & Maß' }, { useCaseName: 'Grosse___Mass' }],
    [{ useCaseName: 'x'.repeat(65) }, { useCaseName: 'x'.repeat(64) }],
    [{ useCaseId: `${'é'.repeat(7999)} a` }, { useCaseId: 'e'.repeat(7999) }],
    [{ limitIds: ['a,b', 'c'] }, { limitIds: ['a_b', 'c'] }],
    [{ requestTags: ['zwei Wörter', '東京', 'ok'] }, { requestTags: ['zwei_Worter', 'ok'] }],
    [{ limitIds: ['a'.repeat(5000), 'b'.repeat(5000), 'c'] }, { limitIds: ['a'.repeat(5000), 'c'] }],
    [{ userId: '東京', useCaseStep: 's' }, { useCaseStep: 's' }],
    [{ requestProperties: { a: 'x'.repeat(9000) }, userId: 'u' }, { userId: 'u' }],
    [{ useCaseVersion: 'three' as never, userId: 'u' }, { userId: 'u' }],
  ])('makes %j fit', (given, expected) => {
    const { annotations, headers, warnings } = fold(given);
    expect(annotations).toEqual(expected);
    expect(headers).toEqual(createHeaders(expected));
    expect(warnings).toHaveLength(1);
  });

  it('gives what headers can carry, whatever it is given, and tells of it without the value', () => {
    const short = fc.oneof(anyText, fc.string({ unit: 'grapheme' }));
    const text = fc.oneof(
      short,
      short.map((piece) => `${piece} `.repeat(2000)),
    );
    const given = fc.record({
      useCaseName: text,
      useCaseId: text,
      userId: text,
      accountName: short.map((piece) => `Ünver ${piece}`),
      limitIds: fc.array(text),
      requestTags: fc.array(text),
      resourceScope: text as fc.Arbitrary<never>,
    });
    fc.assert(
      fc.property(given, (annotations) => {
        const mended = fold(annotations);
        expect(createHeaders(mended.annotations)).toEqual(mended.headers);
        expect(mended.warnings?.join()).toContain('accountName');
        expect(mended.warnings?.join()).not.toContain('Ünver');
      }),
      { numRuns: 100 },
    );
  });
});

describe('leaving out', () => {
  it('takes away the field that does not fit, and tells of it', () => {
    expect(leaveOut({ accountName: 'Müller GmbH', userId: 'u' })).toEqual({
      annotations: { userId: 'u' },
      headers: { 'xProxy-User-ID': 'u' },
      warnings: [
        'annotation left out: accountName holds characters outside printable ASCII; requestProperties and ' +
          'useCaseProperties carry any text (header xProxy-Account-Name, 12 bytes)',
      ],
    });
  });

  it('forbids to keep the prompt when the call may have meant to', () => {
    for (const mend of [fold, leaveOut, mender('fold', false)]) {
      const { annotations, warnings } = mend({ logPromptAndResponse: 'no' as never });
      expect(annotations).toEqual({ logPromptAndResponse: false });
      expect(warnings).toEqual([expect.stringContaining('logPromptAndResponse')]);
    }
    expect(fold({ logPromptAndResponse: 'no' as never }).headers).toEqual({
      'xProxy-Logging-Disable': 'True',
    });
  });
});

it.each([
  ['folding', fold],
  ['leaving out', leaveOut],
])('%s takes away the longest headers until all fit together', (_, mend) => {
  const given = { useCaseId: 'i'.repeat(5000), useCaseStep: 's'.repeat(6000), accountName: 'a'.repeat(7000) };
  const { annotations, headers, warnings } = mend(given);
  expect(annotations).toEqual({ useCaseId: given.useCaseId, useCaseStep: given.useCaseStep });
  expect(headers).toEqual(createHeaders(annotations));
  expect(warnings).toEqual([expect.stringContaining('accountName is the longest')]);
  expect(mend(given, 6000).annotations).toEqual({ useCaseId: given.useCaseId });
});

it('changes nothing that fits', () => {
  fc.assert(
    fc.property(acceptedAnnotations, (accepted) => {
      const given = parseHeaders(createHeaders(accepted));
      for (const mend of [fold, leaveOut]) {
        expect(mend(given)).toEqual({
          annotations: given,
          headers: createHeaders(given),
          warnings: undefined,
        });
      }
      expect(mender('refuse', false)(given)).toEqual({
        annotations: given,
        headers: {},
        warnings: undefined,
      });
    }),
  );
});

it('takes any text for an event, and refuses what has the wrong type', () => {
  const given: Annotations = { accountName: ' Müller\n', limitIds: ['a,b'], userId: '東京'.repeat(9000) };
  expect(mender('refuse', false)(given)).toEqual({ annotations: given, headers: {}, warnings: undefined });
  const wrong: Annotations = { useCaseVersion: 'three' as never, accountName: 'Müller' };
  expect(() => mender('refuse', false)(wrong)).toThrow('useCaseVersion must be an integer');
  expect(mender('leave-out', false)(wrong)).toMatchObject({ annotations: { accountName: 'Müller' } });
});
