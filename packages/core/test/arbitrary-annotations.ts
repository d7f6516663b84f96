import fc from 'fast-check';
import type { Annotations } from '../src/index.ts';

/** Any sequence of UTF-16 code units: lone surrogates, control characters and half pairs included. */
export const anyText: fc.Arbitrary<string> = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 12 })
  .map((units) => String.fromCharCode(...units));

const key = fc.oneof(
  anyText,
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('', '0', '7', '4294967295', '__proto__', 'constructor', 'toJSON', 'length', 'then'),
);
const flatValue = fc.oneof(anyText, fc.string({ unit: 'grapheme' }), fc.constant(null));
const nestedValue = fc.jsonValue({ depthSize: 'small' });

/** Members of a bag as own properties, `__proto__` too. */
const properties = fc
  .array(fc.tuple(key, fc.oneof({ weight: 4, arbitrary: flatValue }, nestedValue)), { maxLength: 6 })
  .map((entries) => Object.fromEntries(entries) as Record<string, string | null>);

const printable = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
});
const trimmed = printable.map((text) => text.trim());
const named = (pattern: RegExp): fc.Arbitrary<string> => fc.stringMatching(pattern);
const blank = fc.constantFrom('', ' ', '\t', '\u3000', ' \r\n');
const padded = (member: fc.Arbitrary<string>): fc.Arbitrary<string[]> =>
  fc.array(
    fc.tuple(blank, member, blank).map((parts) => parts.join('')),
    { maxLength: 4 },
  );

const empty = fc.constantFrom(null, undefined);

/** Annotations that `createHeaders` accepts, empty and cleared fields among them. */
export const acceptedAnnotations: fc.Arbitrary<Annotations> = fc.record(
  {
    useCaseName: fc.oneof(named(/^[A-Za-z0-9._-]{0,64}$/), fc.constantFrom('a', 'b'), empty),
    useCaseId: fc.oneof(trimmed, empty),
    useCaseVersion: fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, 1), empty),
    useCaseStep: fc.oneof(trimmed, empty),
    useCaseProperties: fc.oneof(properties, empty),
    userId: fc.oneof(named(/^[!-~]{0,40}$/), empty),
    accountName: fc.oneof(trimmed, empty),
    limitIds: fc.oneof(padded(trimmed.map((text) => text.replaceAll(',', ''))), empty),
    requestTags: fc.oneof(padded(named(/^[A-Za-z0-9_-]{0,20}$/)), empty),
    requestProperties: fc.oneof(properties, empty),
    priceAsCategory: fc.oneof(trimmed, empty),
    priceAsResource: fc.oneof(trimmed, empty),
    resourceScope: fc.oneof(fc.constantFrom('global', 'datazone.eu', 'region'), empty),
    logPromptAndResponse: fc.oneof(fc.boolean(), empty),
  },
  { requiredKeys: [] },
);
