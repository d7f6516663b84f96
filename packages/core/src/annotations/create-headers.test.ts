import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { type HeaderEncodingError, type InvalidAnnotationError, isPayiError } from '../errors.ts';
import vectors from './__fixtures__/header-vectors.json' with { type: 'json' };
import type { Annotations } from './annotations.ts';
import { createHeaders } from './create-headers.ts';
import { headerBudget } from './header-value.ts';

interface Vector {
  readonly name: string;
  readonly input: Record<string, unknown>;
  readonly headers: Record<string, string>;
  readonly note?: string;
}

type ErrorName = 'InvalidAnnotationError' | 'HeaderEncodingError';

/** Vectors whose reference output cannot travel (UNSAFE) or cannot be read back (AMBIGUOUS). */
const refusedAsUnsafe: Record<string, [ErrorName, key: string]> = {
  'limit id with an inner comma': ['InvalidAnnotationError', 'limitIds[0]'],
  'limit id with an inner line feed': ['HeaderEncodingError', 'limitIds[0]'],
  'limit id with header injection': ['HeaderEncodingError', 'limitIds[0]'],
  'limit id with latin-1 text': ['HeaderEncodingError', 'limitIds[0]'],
  'limit id outside latin-1': ['HeaderEncodingError', 'limitIds[0]'],
  'limit id with a byte order mark': ['HeaderEncodingError', 'limitIds[0]'],
  'limit id with a zero width space': ['HeaderEncodingError', 'limitIds[0]'],
  'request tag with a comma': ['InvalidAnnotationError', 'requestTags[0]'],
  'request tag outside latin-1': ['HeaderEncodingError', 'requestTags[0]'],
  'user id is not trimmed': ['HeaderEncodingError', 'userId'],
  'user id of only blanks is kept': ['HeaderEncodingError', 'userId'],
  'user id in latin-1': ['HeaderEncodingError', 'userId'],
  'user id in Japanese': ['HeaderEncodingError', 'userId'],
  'user id with an emoji': ['HeaderEncodingError', 'userId'],
  'user id with CR LF': ['HeaderEncodingError', 'userId'],
  'user id with a lone LF': ['HeaderEncodingError', 'userId'],
  'user id with a lone CR': ['HeaderEncodingError', 'userId'],
  'user id with NUL': ['HeaderEncodingError', 'userId'],
  'user id with DEL': ['HeaderEncodingError', 'userId'],
  'account name with a euro sign': ['HeaderEncodingError', 'accountName'],
  'use case name outside ASCII': ['HeaderEncodingError', 'useCaseName'],
};

/** Vectors that would travel, but that the service is documented to refuse, or that mean nothing to it. */
const refusedForTheService: Record<string, [ErrorName, key: string]> = {
  'request tag with an inner space': ['InvalidAnnotationError', 'requestTags[0]'],
  'request tag with an illegal character': ['InvalidAnnotationError', 'requestTags[0]'],
  'user id with an inner space': ['InvalidAnnotationError', 'userId'],
  'user id with a tab inside': ['HeaderEncodingError', 'userId'],
  'use case name with spaces': ['InvalidAnnotationError', 'useCaseName'],
  'use case name of 65 characters': ['InvalidAnnotationError', 'useCaseName'],
  'use case version negative': ['InvalidAnnotationError', 'useCaseVersion'],
};

/** Vectors in which the reference drops version 0 because it is falsy. It is a version, so it is sent. */
const withVersionZero: ReadonlySet<string> = new Set([
  'use case version 0 is dropped',
  'use case version 0 beside a name',
  'mixed empties and values',
]);

const refused = { ...refusedAsUnsafe, ...refusedForTheService };
const accepted = (vectors as Vector[]).filter((vector) => !(vector.name in refused));

/** What `run` throws, which must be one of the two errors about annotations. */
function errorOf(run: () => unknown): InvalidAnnotationError | HeaderEncodingError {
  try {
    run();
  } catch (error) {
    if (isPayiError(error) && 'key' in error) return error as InvalidAnnotationError | HeaderEncodingError;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** All that a log may keep of an error: its message, the first lines of its stack, its JSON. */
function printed(error: Error): string {
  const [head] = (error.stack ?? '').split('\n    at ');
  return `${error.message}\n${head}\n${JSON.stringify(error)}`;
}

/** The headers with property bags as the JSON inside their base64. */
function withPlainBags(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      name.endsWith('-Properties') ? Buffer.from(value, 'base64').toString('latin1') : value,
    ]),
  );
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

describe('the vectors of the Python helper', () => {
  it('are 112, and the lists above name 28 of them that are refused and 3 that gain a version', () => {
    const names = (vectors as Vector[]).map((vector) => vector.name);
    expect(new Set(names).size).toBe(112);
    expect(names.filter((name) => name in refused)).toHaveLength(28);
    expect(names.filter((name) => withVersionZero.has(name))).toHaveLength(3);
  });

  it('mark as UNSAFE or AMBIGUOUS exactly those listed above', () => {
    const marked = (vectors as Vector[]).filter((vector) => /\b(UNSAFE|AMBIGUOUS):/.test(vector.note ?? ''));
    expect(marked.map((vector) => vector.name)).toEqual(Object.keys(refusedAsUnsafe));
  });

  it.each(accepted)('gives the same headers: $name', ({ name, input, headers }) => {
    const expected = withVersionZero.has(name) ? { ...headers, 'xProxy-UseCase-Version': '0' } : headers;
    const before = structuredClone(input);
    expect(withPlainBags(createHeaders(input as Annotations))).toEqual(expected);
    expect(input).toEqual(before);
  });

  it.each(Object.entries(refused))('refuses: %s', (name, [errorName, key]) => {
    const vector = (vectors as Vector[]).find((candidate) => candidate.name === name) as Vector;
    const error = errorOf(() => createHeaders(vector.input as Annotations));
    expect([error.name, error.key]).toEqual([errorName, key]);
    // A single letter is part of any sentence.
    const texts = textsIn(vector.input).filter((text) => text.length > 1);
    for (const text of texts) expect(printed(error)).not.toContain(text);
  });
});

describe('createHeaders()', () => {
  it('writes the header names as Pay-i documents them, in a fixed order', () => {
    const headers = createHeaders({
      logPromptAndResponse: false,
      resourceScope: 'region.westus3',
      priceAsResource: 'gpt-4o',
      priceAsCategory: 'system.openai',
      requestProperties: { c: 'd' },
      useCaseProperties: { a: 'b' },
      useCaseStep: 's1',
      useCaseVersion: 2,
      useCaseName: 'uc',
      useCaseId: 'id-1',
      accountName: 'acme',
      userId: 'u1',
      requestTags: ['t1', 't2'],
      limitIds: ['l1', 'l2'],
    });
    expect(Object.entries(headers)).toEqual([
      ['xProxy-Limit-IDs', 'l1,l2'],
      ['xProxy-Request-Tags', 't1,t2'],
      ['xProxy-User-ID', 'u1'],
      ['xProxy-Account-Name', 'acme'],
      ['xProxy-UseCase-ID', 'id-1'],
      ['xProxy-UseCase-Name', 'uc'],
      ['xProxy-UseCase-Version', '2'],
      ['xProxy-UseCase-Step', 's1'],
      ['xProxy-UseCase-Properties', 'eyJhIjoiYiJ9'],
      ['xProxy-Request-Properties', 'eyJjIjoiZCJ9'],
      ['xProxy-PriceAs-Category', 'system.openai'],
      ['xProxy-PriceAs-Resource', 'gpt-4o'],
      ['xProxy-Resource-Scope', 'region.westus3'],
      ['xProxy-Logging-Disable', 'True'],
    ]);
  });

  it('writes bags as padded base64 of JSON escaped to ASCII', () => {
    expect(createHeaders({ requestProperties: { x: 'y' } })).toEqual({
      'xProxy-Request-Properties': 'eyJ4IjoieSJ9',
    });
    expect(createHeaders({ requestProperties: { e: 'é😀' } })).toEqual({
      // {"e":"\u00e9\ud83d\ude00"}
      'xProxy-Request-Properties': 'eyJlIjoiXHUwMGU5XHVkODNkXHVkZTAwIn0=',
    });
  });

  it('leaves out members of a bag that are undefined, and the bag when none is left', () => {
    const gone = undefined as unknown as string;
    expect(withPlainBags(createHeaders({ requestProperties: { a: gone, b: '1' } }))).toEqual({
      'xProxy-Request-Properties': '{"b":"1"}',
    });
    expect(createHeaders({ requestProperties: { a: gone } })).toEqual({});
  });

  it('keeps keys that mean something to objects', () => {
    const properties = JSON.parse('{"__proto__":"p","constructor":"c","toJSON":"t","hasOwnProperty":null}');
    expect(withPlainBags(createHeaders({ requestProperties: properties }))).toEqual({
      'xProxy-Request-Properties': '{"__proto__":"p","constructor":"c","toJSON":"t","hasOwnProperty":null}',
    });
  });

  it('takes bags without a prototype and from another realm', () => {
    const bare = Object.assign(Object.create(null), { a: '1' });
    const foreign = runInNewContext('({ userId: "u1", limitIds: ["l1"], requestProperties: { a: "1" } })');
    expect(createHeaders({ requestProperties: bare })).toEqual({
      'xProxy-Request-Properties': 'eyJhIjoiMSJ9',
    });
    expect(createHeaders(foreign)).toEqual({
      'xProxy-Limit-IDs': 'l1',
      'xProxy-User-ID': 'u1',
      'xProxy-Request-Properties': 'eyJhIjoiMSJ9',
    });
  });

  it('reads each field once, so that what is checked is what is sent', () => {
    const log: string[] = [];
    const watched = new Proxy({ userId: 'u1', limitIds: ['l1'] } as Annotations, {
      get(target, field, receiver) {
        log.push(String(field));
        return Reflect.get(target, field, receiver);
      },
    });
    createHeaders(watched);
    expect(log.filter((field) => field === 'userId' || field === 'limitIds')).toEqual(['limitIds', 'userId']);
  });

  it('reads fields that a class defines', () => {
    class Defaults {
      get userId(): string {
        return 'u1';
      }
    }
    expect(createHeaders(new Defaults())).toEqual({ 'xProxy-User-ID': 'u1' });
  });

  it('ignores an unknown field that is undefined', () => {
    expect(createHeaders({ userid: undefined } as Annotations)).toEqual({});
  });

  it('accepts every use case version up to the largest exact integer', () => {
    expect(createHeaders({ useCaseVersion: 9_007_199_254_740_991 })).toEqual({
      'xProxy-UseCase-Version': '9007199254740991',
    });
    expect(createHeaders({ useCaseVersion: -0 })).toEqual({ 'xProxy-UseCase-Version': '0' });
  });
});

describe('createHeaders() called again', () => {
  it('does not take a list for the one before because that had holes or other things than text', () => {
    for (const before of [new Array(1), [1], [null]]) {
      createHeaders({ limitIds: before });
      expect(createHeaders({ limitIds: ['a'] })).toEqual({ 'xProxy-Limit-IDs': 'a' });
    }
  });

  it('sees what changed in a list or a bag since the call before', () => {
    const limitIds = ['a', 'b'];
    const nested = { c: 'd' };
    const annotations = { limitIds, requestProperties: { nested } as never };
    expect(withPlainBags(createHeaders(annotations))).toEqual({
      'xProxy-Limit-IDs': 'a,b',
      'xProxy-Request-Properties': '{"nested":{"c":"d"}}',
    });
    limitIds[1] = 'c';
    nested.c = 'e';
    expect(withPlainBags(createHeaders(annotations))).toEqual({
      'xProxy-Limit-IDs': 'a,c',
      'xProxy-Request-Properties': '{"nested":{"c":"e"}}',
    });
    limitIds.length = 0;
    expect(createHeaders({ limitIds, requestProperties: {} })).toEqual({});
  });

  it('refuses a value that would read like an accepted one on the wire', () => {
    expect(createHeaders({ limitIds: ['a', 'b'] })).toEqual({ 'xProxy-Limit-IDs': 'a,b' });
    expect(errorOf(() => createHeaders({ limitIds: ['a,b'] })).key).toBe('limitIds[0]');
    expect(createHeaders({ limitIds: ['a'] })).toEqual({ 'xProxy-Limit-IDs': 'a' });
    expect(errorOf(() => createHeaders({ limitIds: ['\ufeffa'] })).key).toBe('limitIds[0]');
    expect(createHeaders({ requestProperties: { a: null } })).not.toEqual({});
    expect(errorOf(() => createHeaders({ requestProperties: { a: Number.NaN } as never })).key).toBe(
      'requestProperties["a"]',
    );
  });

  it('gives the same headers in new records', () => {
    const annotations: Annotations = {
      limitIds: [' a ', 7 as never],
      requestProperties: { a: 'é' },
      userId: 'u1',
    };
    const first = createHeaders(annotations);
    expect(createHeaders(annotations)).toEqual(first);
    expect(createHeaders(annotations)).not.toBe(first);
  });

  it('refuses the same value each time', () => {
    for (let time = 0; time < 3; time += 1) {
      expect(errorOf(() => createHeaders({ userId: 'Jane Doe' })).key).toBe('userId');
      expect(errorOf(() => createHeaders({ limitIds: ['a', 'b,c'] })).key).toBe('limitIds[1]');
    }
  });
});

const secret = 'Zx9-secret';
const cycle: Record<string, unknown> = { secret };
cycle.self = cycle;

class Customer {
  name = secret;
}

/** Nested `levels` deep, with the value at the bottom. */
function nested(levels: number): unknown {
  let value: unknown = secret;
  for (let level = 0; level < levels; level += 1) value = { a: value };
  return value;
}

/** Inputs that no vector covers, each with the error it must raise. */
const hostile: [title: string, input: unknown, ErrorName, key: string][] = [
  ['a tab in a text', { accountName: `${secret}\tx` }, 'HeaderEncodingError', 'accountName'],
  ['a NUL in a text', { useCaseStep: `${secret}\0` }, 'HeaderEncodingError', 'useCaseStep'],
  ['a lone surrogate in a text', { useCaseId: `${secret}\ud800` }, 'HeaderEncodingError', 'useCaseId'],
  ['a blank at the start', { accountName: ` ${secret}` }, 'HeaderEncodingError', 'accountName'],
  ['a blank at the end', { accountName: `${secret} ` }, 'HeaderEncodingError', 'accountName'],
  ['a line feed at the very end', { useCaseName: `${secret}\n` }, 'HeaderEncodingError', 'useCaseName'],
  ['a no-break space in a user id', { userId: `${secret}\u00a0x` }, 'HeaderEncodingError', 'userId'],
  ['a use case name with a slash', { useCaseName: `${secret}/x` }, 'InvalidAnnotationError', 'useCaseName'],
  [
    'a bad tag after good ones',
    { requestTags: ['a', ' ', `${secret}.x`] },
    'InvalidAnnotationError',
    'requestTags[2]',
  ],
  [
    'a bad limit id after good ones',
    { limitIds: ['a', 1, `${secret},x`] },
    'InvalidAnnotationError',
    'limitIds[2]',
  ],
  ['text in place of a list', { limitIds: secret }, 'InvalidAnnotationError', 'limitIds'],
  ['a Set in place of a list', { limitIds: new Set([secret]) }, 'InvalidAnnotationError', 'limitIds'],
  ['a number in place of a text', { userId: 472911 }, 'InvalidAnnotationError', 'userId'],
  ['a list in place of a text', { userId: [secret] }, 'InvalidAnnotationError', 'userId'],
  ['a String object in place of a text', { userId: new String(secret) }, 'InvalidAnnotationError', 'userId'],
  ['text in place of a version', { useCaseVersion: '472911' }, 'InvalidAnnotationError', 'useCaseVersion'],
  ['a fraction as version', { useCaseVersion: 472911.5 }, 'InvalidAnnotationError', 'useCaseVersion'],
  [
    'a version beyond exact integers',
    { useCaseVersion: 2 ** 53 },
    'InvalidAnnotationError',
    'useCaseVersion',
  ],
  ['NaN as version', { useCaseVersion: Number.NaN }, 'InvalidAnnotationError', 'useCaseVersion'],
  ['an endless version', { useCaseVersion: Infinity }, 'InvalidAnnotationError', 'useCaseVersion'],
  ['a bigint as version', { useCaseVersion: 472911n }, 'InvalidAnnotationError', 'useCaseVersion'],
  [
    'text as logging flag',
    { logPromptAndResponse: 'false' },
    'InvalidAnnotationError',
    'logPromptAndResponse',
  ],
  ['0 as logging flag', { logPromptAndResponse: 0 }, 'InvalidAnnotationError', 'logPromptAndResponse'],
  [
    'JSON text in place of a bag',
    { requestProperties: `{"a":"${secret}"}` },
    'InvalidAnnotationError',
    'requestProperties',
  ],
  [
    'a list in place of a bag',
    { requestProperties: [secret] },
    'InvalidAnnotationError',
    'requestProperties',
  ],
  [
    'a Map in place of a bag',
    { requestProperties: new Map([['a', secret]]) },
    'InvalidAnnotationError',
    'requestProperties',
  ],
  [
    'an instance in place of a bag',
    { useCaseProperties: new Customer() },
    'InvalidAnnotationError',
    'useCaseProperties',
  ],
  [
    'an instance in a bag',
    { useCaseProperties: { who: new Customer() } },
    'InvalidAnnotationError',
    'useCaseProperties["who"]',
  ],
  [
    'a Date in a bag',
    { useCaseProperties: { at: new Date(0) } },
    'InvalidAnnotationError',
    'useCaseProperties["at"]',
  ],
  [
    'a function in a bag',
    { requestProperties: { f: () => secret } },
    'InvalidAnnotationError',
    'requestProperties["f"]',
  ],
  [
    'a toJSON function in a bag',
    { requestProperties: { toJSON: () => secret } },
    'InvalidAnnotationError',
    'requestProperties["toJSON"]',
  ],
  [
    'a symbol in a bag',
    { requestProperties: { s: Symbol(secret) } },
    'InvalidAnnotationError',
    'requestProperties["s"]',
  ],
  [
    'a bigint in a bag',
    { requestProperties: { n: 472911n } },
    'InvalidAnnotationError',
    'requestProperties["n"]',
  ],
  [
    'NaN in a bag',
    { requestProperties: { n: Number.NaN } },
    'InvalidAnnotationError',
    'requestProperties["n"]',
  ],
  [
    'an endless number deep in a bag',
    { requestProperties: { o: { l: [1, -Infinity] } } },
    'InvalidAnnotationError',
    'requestProperties["o"]',
  ],
  [
    'undefined in a list in a bag',
    { requestProperties: { l: ['a', undefined] } },
    'InvalidAnnotationError',
    'requestProperties["l"]',
  ],
  [
    'a hole in a list in a bag',
    { requestProperties: { l: new Array(1) } },
    'InvalidAnnotationError',
    'requestProperties["l"]',
  ],
  [
    'a bag of 100,000 levels',
    { requestProperties: nested(100_000) },
    'InvalidAnnotationError',
    'requestProperties["a"]',
  ],
  ['a cycle in a bag', { requestProperties: cycle }, 'InvalidAnnotationError', 'requestProperties["self"]'],
  ['a misspelt field', { userID: secret }, 'InvalidAnnotationError', 'annotations["userID"]'],
  [
    'a header name as field',
    { 'xProxy-User-ID': secret },
    'InvalidAnnotationError',
    'annotations["xProxy-User-ID"]',
  ],
  [
    'an own __proto__',
    JSON.parse(`{"__proto__":{"userId":"${secret}"}}`),
    'InvalidAnnotationError',
    'annotations["__proto__"]',
  ],
  ['no annotations at all', undefined, 'InvalidAnnotationError', 'annotations'],
  ['null', null, 'InvalidAnnotationError', 'annotations'],
  ['text', secret, 'InvalidAnnotationError', 'annotations'],
  ['a list', [secret], 'InvalidAnnotationError', 'annotations'],
];

describe('createHeaders() refuses', () => {
  it.each(hostile)('%s', (_title, input, errorName, key) => {
    const error = errorOf(() => createHeaders(input as Annotations));
    expect([error.name, error.key]).toEqual([errorName, key]);
    expect(printed(error)).not.toContain(secret);
    expect(printed(error)).not.toContain('472911');
  });

  it('a getter, a proxy or a list that throws, keeping what was thrown as the cause', () => {
    const cause = new Error(secret);
    const fail = (): never => {
      throw cause;
    };
    const throwing: unknown[] = [
      Object.defineProperty({}, 'userId', { get: fail, enumerable: true }),
      { requestProperties: Object.defineProperty({}, 'a', { get: fail, enumerable: true }) },
      { limitIds: Object.defineProperty([], 0, { get: fail }) },
      new Proxy({}, { get: fail }),
      new Proxy({}, { ownKeys: fail }),
      { requestProperties: new Proxy({}, { ownKeys: fail }) },
      { requestProperties: { a: new Proxy({}, { getPrototypeOf: fail }) } },
    ];
    for (const input of throwing) {
      const error = errorOf(() => createHeaders(input as Annotations));
      expect([error.name, error.cause]).toEqual(['InvalidAnnotationError', cause]);
      expect(['annotations', 'requestProperties["a"]']).toContain(error.key);
      expect(printed(error)).not.toContain(secret);
    }
  });

  it('a revoked proxy', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(errorOf(() => createHeaders(proxy)).key).toBe('annotations');
    expect(errorOf(() => createHeaders({ requestProperties: proxy })).key).toBe('annotations');
  });

  it('a throw that is itself hostile', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const input = new Proxy({}, { get: () => raise(proxy) });
    expect(errorOf(() => createHeaders(input)).key).toBe('annotations');
  });

  it('an unknown field by no more than the first 40 characters of its name', () => {
    const error = errorOf(() => createHeaders({ ['n'.repeat(5000)]: secret } as Annotations));
    expect(error.key).toBe(`annotations["${'n'.repeat(40)}"]`);
    expect(error.message.length).toBeLessThan(400);
  });
});

function raise(thrown: unknown): never {
  throw thrown;
}

describe('the byte budget', () => {
  it('is 8000 bytes for a value and 12000 for all headers', () => {
    expect(headerBudget).toEqual({ valueBytes: 8000, totalBytes: 12_000 });
  });

  it('lets a text of 8000 bytes through and refuses one more', () => {
    expect(createHeaders({ accountName: 'a'.repeat(8000) })['xProxy-Account-Name']).toHaveLength(8000);
    const error = errorOf(() => createHeaders({ accountName: 'a'.repeat(8001) }));
    expect(error).toMatchObject({
      name: 'HeaderEncodingError',
      key: 'accountName',
      headerName: 'xProxy-Account-Name',
      byteLength: 8001,
    });
  });

  it('counts bytes, not characters', () => {
    const error = errorOf(() => createHeaders({ accountName: 'é€😀\ud800' }));
    expect(error).toMatchObject({ key: 'accountName', byteLength: 2 + 3 + 4 + 3 });
  });

  it('holds for a list as a whole and for each member', () => {
    const member = 'm'.repeat(999);
    expect(createHeaders({ limitIds: Array(8).fill(member) })['xProxy-Limit-IDs']).toHaveLength(7999);
    expect(errorOf(() => createHeaders({ limitIds: [...Array(8).fill(member), 'm'] }))).toMatchObject({
      key: 'limitIds',
      byteLength: 8001,
    });
    expect(errorOf(() => createHeaders({ limitIds: ['m', 'm'.repeat(8001)] }))).toMatchObject({
      key: 'limitIds[1]',
      byteLength: 8001,
    });
  });

  it('holds for a bag after base64', () => {
    // {"a":"…"} is 8 bytes around the text; base64 writes 4 bytes for 3, so 6000 fit.
    expect(createHeaders({ requestProperties: { a: 'x'.repeat(5992) } })).toHaveProperty(
      'xProxy-Request-Properties.length',
      8000,
    );
    expect(errorOf(() => createHeaders({ requestProperties: { a: 'x'.repeat(5993) } }))).toMatchObject({
      name: 'HeaderEncodingError',
      key: 'requestProperties',
      headerName: 'xProxy-Request-Properties',
      byteLength: 8004,
    });
  });

  it('holds for all headers together, with their names and line ends', () => {
    // "xProxy-Account-Name: …\r\n" is 23 bytes around its value, "xProxy-UseCase-ID: …\r\n" 21.
    const rest = 12_000 - (8000 + 23) - 21;
    expect(createHeaders({ accountName: 'a'.repeat(8000), useCaseId: 'i'.repeat(rest) })).toBeDefined();
    const error = errorOf(() =>
      createHeaders({ accountName: 'a'.repeat(8000), useCaseId: 'i'.repeat(rest + 1) }),
    );
    expect(error).toMatchObject({ name: 'HeaderEncodingError', key: 'annotations', byteLength: 12_001 });
  });

  it('refuses a bag that repeats one object without walking it to the end', () => {
    let shared: unknown = { x: 'y' };
    for (let level = 0; level < 14; level += 1)
      shared = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`k${i}`, shared]));
    expect(errorOf(() => createHeaders({ requestProperties: { shared } as never })).key).toContain(
      'requestProperties',
    );
  });
});
