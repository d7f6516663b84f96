import { expectTypeOf, test } from 'vitest';
import {
  type Annotations,
  categories,
  createHeaders,
  createPayi,
  headerNames,
  mergeAnnotations,
  type Properties,
  parseHeaders,
  type ResourceScope,
  resourceScopes,
} from '../index.ts';

test('a misspelt field is a type error', () => {
  // @ts-expect-error: userId
  createHeaders({ userID: 'u1' });
  // @ts-expect-error: limitIds
  createHeaders({ limitIDs: ['l1'] });
  // @ts-expect-error: the spelling of the Python helper
  createHeaders({ use_case_name: 'chat' });
  // @ts-expect-error: userId
  mergeAnnotations({ userID: 'u1' });
  // @ts-expect-error: userId
  createPayi({ defaults: { userID: 'u1' } });
});

test('a value of the wrong type is a type error', () => {
  // @ts-expect-error: text
  createHeaders({ userId: 7 });
  // @ts-expect-error: a list
  createHeaders({ limitIds: 'l1' });
  // @ts-expect-error: a list of text
  createHeaders({ requestTags: [7] });
  // @ts-expect-error: a number
  createHeaders({ useCaseVersion: '1' });
  // @ts-expect-error: true or false
  createHeaders({ logPromptAndResponse: 'false' });
  // @ts-expect-error: text or null
  createHeaders({ requestProperties: { a: 1 } });
  // @ts-expect-error: a record, not JSON
  createHeaders({ useCaseProperties: '{"a":"b"}' });
  // @ts-expect-error: one of the scopes
  createHeaders({ resourceScope: 'galaxy' });
  // @ts-expect-error: annotations are required
  createHeaders();
});

test('every field may be absent, undefined or null, and lists may be readonly', () => {
  type Clearable = { [Field in keyof Required<Annotations>]: null | undefined };
  expectTypeOf<Clearable>().toExtend<Annotations>();
  expectTypeOf<Record<string, never>>().toExtend<Annotations>();
  expectTypeOf<readonly string[]>().toExtend<Annotations['limitIds']>();
});

test('every field has a header name', () => {
  expectTypeOf<keyof Annotations>().toExtend<keyof typeof headerNames>();
  expectTypeOf<Exclude<keyof typeof headerNames, keyof Annotations>>().toEqualTypeOf<
    'apiKey' | 'providerBaseUri' | 'forward'
  >();
  expectTypeOf(headerNames.userId).toEqualTypeOf<'xProxy-User-ID'>();
});

test('functions take and give these types', () => {
  expectTypeOf(createHeaders).toEqualTypeOf<(annotations: Annotations) => Record<string, string>>();
  expectTypeOf(parseHeaders).returns.toEqualTypeOf<Annotations>();
  expectTypeOf(mergeAnnotations).toEqualTypeOf<
    (...layers: readonly (Annotations | undefined)[]) => Annotations
  >();
  expectTypeOf<Properties>().toEqualTypeOf<Readonly<Record<string, string | null>>>();
});

test('the constants are values of their fields', () => {
  expectTypeOf(categories.awsBedrock).toExtend<Annotations['priceAsCategory']>();
  expectTypeOf(resourceScopes.datazone).toExtend<ResourceScope>();
  expectTypeOf<'datazone.eu'>().toExtend<ResourceScope>();
  expectTypeOf<'region.westus3'>().toExtend<ResourceScope>();
});
