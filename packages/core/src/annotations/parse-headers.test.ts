import { deepStrictEqual } from 'node:assert/strict';
import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  request,
  type Server,
  validateHeaderName,
  validateHeaderValue,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testSeed } from '../../../../internal/testing/test-seed.ts';
import { acceptedAnnotations, anyText } from '../../test/arbitrary-annotations.ts';
import { isPayiError } from '../errors.ts';
import type { Annotations } from './annotations.ts';
import { createHeaders } from './create-headers.ts';
import { headerNames } from './header-names.ts';
import { type HeadersLike, parseHeaders } from './parse-headers.ts';

/** What a receiver can know of annotations: no empty fields, no `true` that is never sent, members trimmed. */
function normalised(annotations: Annotations): Annotations {
  const known: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(annotations)) {
    if (value === null || value === undefined || value === '' || value === true) continue;
    if (Array.isArray(value)) {
      const members = value.map((member) => member.trim()).filter((member) => member !== '');
      if (members.length > 0) known[field] = members;
    } else if (typeof value === 'object') {
      // JSON has one zero.
      if (Object.keys(value).length > 0) known[field] = JSON.parse(JSON.stringify(value));
    } else {
      known[field] = value;
    }
  }
  return known;
}

/** The error that `run` throws, as `name key`. */
function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isPayiError(error) && 'key' in error) return `${error.name} ${error.key}`;
    throw error;
  }
  return 'accepted';
}

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

describe('parseHeaders(createHeaders(annotations))', () => {
  it('gives back the annotations, normalised, for whatever createHeaders accepts', () => {
    fc.assert(
      fc.property(acceptedAnnotations, (annotations) => {
        // Node's comparison, because a bag may hold a `constructor`, which expect() would take for a class.
        deepStrictEqual(parseHeaders(createHeaders(annotations)), normalised(annotations));
      }),
      { numRuns: 2000 },
    );
  });

  it('is stable: the parsed annotations give the same headers', () => {
    fc.assert(
      fc.property(acceptedAnnotations, (annotations) => {
        const headers = createHeaders(annotations);
        expect(createHeaders(parseHeaders(headers))).toEqual(headers);
      }),
    );
  });

  it('keeps integer-like keys, though JavaScript moves them to the front', () => {
    const properties = { b: '1', 10: '2', 2: '3' };
    const headers = createHeaders({ requestProperties: properties });
    expect(headers).toEqual({ 'xProxy-Request-Properties': base64('{"2":"3","10":"2","b":"1"}') });
    expect(parseHeaders(headers)).toEqual({ requestProperties: properties });
  });
});

const fields = Object.keys(headerNames).filter((key) => !/^(apiKey|providerBaseUri|forward)$/.test(key));
const hostileValue = fc.oneof(
  anyText,
  fc.string({ unit: 'grapheme' }),
  fc.array(fc.oneof(anyText, fc.anything()), { maxLength: 4 }),
  fc.dictionary(anyText, fc.anything()),
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true }),
  fc.anything({ withNullPrototype: true, withSparseArray: true, withBoxedValues: true }),
  fc.constantFrom('a\r\nHost: b', '\t', '\u0080', '\u00ff', '\u0100', '\ud800', ' ', 'x'.repeat(9000)),
);
/** Records with the right names and any values, and things that are no record at all. */
const hostileAnnotations = fc.oneof(
  { weight: 5, arbitrary: fc.dictionary(fc.constantFrom(...fields), hostileValue, { maxKeys: 3 }) },
  { weight: 2, arbitrary: acceptedAnnotations },
  fc.anything(),
);

describe('createHeaders() of anything', () => {
  let server: Server;
  let received: IncomingHttpHeaders = {};
  beforeAll(async () => {
    server = createServer((incoming, response) => {
      received = incoming.headers;
      response.end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => server.close());

  async function send(headers: Record<string, string>): Promise<IncomingHttpHeaders> {
    const { port } = server.address() as AddressInfo;
    const outgoing = request({ host: '127.0.0.1', port, headers });
    outgoing.end();
    const [response] = await once(outgoing, 'response');
    response.resume();
    await once(response, 'end');
    return received;
  }

  it('either throws a PayiError or returns headers that fetch and Node accept unchanged', () => {
    let accepted = 0;
    let refused = 0;
    fc.assert(
      fc.property(hostileAnnotations, (annotations) => {
        let headers: Record<string, string>;
        try {
          headers = createHeaders(annotations as Annotations);
        } catch (error) {
          expect(isPayiError(error)).toBe(true);
          refused += 1;
          return;
        }
        accepted += 1;
        const asFetchSends = new Headers(headers);
        for (const [name, value] of Object.entries(headers)) {
          validateHeaderName(name);
          validateHeaderValue(name, value);
          expect(asFetchSends.get(name)).toBe(value);
        }
      }),
      { numRuns: 3000 },
    );
    // Neither side of the alternative may hold because the other never happens.
    expect(accepted).toBeGreaterThan(300);
    expect(refused).toBeGreaterThan(300);
  });

  it('arrives over HTTP as it was written', async () => {
    for (const annotations of fc.sample(acceptedAnnotations, { numRuns: 25, seed: testSeed() })) {
      const headers = createHeaders(annotations);
      const arrived = await send(headers);
      for (const [name, value] of Object.entries(headers)) expect(arrived[name.toLowerCase()]).toBe(value);
      deepStrictEqual(parseHeaders(arrived), normalised(annotations));
    }
  });

  it('fits into one request at the limit of the byte budget', async () => {
    const headers = createHeaders({ accountName: 'a'.repeat(8000), useCaseId: 'i'.repeat(3956) });
    expect(await send(headers)).toMatchObject({
      'xproxy-account-name': 'a'.repeat(8000),
      'xproxy-usecase-id': 'i'.repeat(3956),
    });
  });
});

describe('parseHeaders() reads', () => {
  const expected: Annotations = { userId: 'u1', limitIds: ['l1', 'l2'], logPromptAndResponse: false };
  const plain = { 'xProxy-User-ID': 'u1', 'xProxy-Limit-IDs': 'l1,l2', 'xProxy-Logging-Disable': 'True' };
  const shapes: [string, HeadersLike][] = [
    ['a plain record', plain],
    [
      'a record in another case',
      { 'XPROXY-USER-ID': 'u1', 'xproxy-limit-ids': 'l1,l2', 'xproxy-logging-disable': 'True' },
    ],
    ['Headers', new Headers(plain)],
    ['a Map', new Map(Object.entries(plain))],
    ['a list of pairs', Object.entries(plain)],
    [
      'the headers of a Node request',
      { ...plain, 'set-cookie': ['a=b'], host: '127.0.0.1', 'x-absent': undefined },
    ],
    [
      'lists of one value, as in headersDistinct',
      { 'xproxy-user-id': ['u1'], 'xproxy-limit-ids': ['l1,l2'], 'xproxy-logging-disable': ['True'] },
    ],
  ];
  it.each(shapes)('%s', (_shape, headers) => {
    expect(parseHeaders(headers)).toStrictEqual(expected);
  });

  it('nothing from headers that carry no annotation', () => {
    expect(
      parseHeaders({
        'xProxy-Api-Key': 'key',
        'xProxy-Provider-BaseUri': 'https://bedrock-runtime.us-east-1.amazonaws.com',
        'xProxy-Forward-userId': 'u1',
        'xProxy-Unknown': 'x',
        userId: 'u1',
        constructor: 'x',
      }),
    ).toStrictEqual({});
  });

  it('an empty header as null, which clears what an outer layer said', () => {
    expect(
      parseHeaders({
        'xProxy-User-ID': '',
        'xProxy-Limit-IDs': ' ',
        'xProxy-UseCase-Version': '',
        'xProxy-Request-Properties': '',
        'xProxy-Logging-Disable': '',
      }),
    ).toStrictEqual({
      userId: null,
      limitIds: null,
      useCaseVersion: null,
      requestProperties: null,
      logPromptAndResponse: null,
    });
  });

  it('a header that is undefined as absent', () => {
    expect(parseHeaders({ 'xProxy-User-ID': undefined })).toStrictEqual({});
  });

  it('a list with blanks around its members, as servers join repeated headers', () => {
    expect(parseHeaders({ 'xProxy-Limit-IDs': 'l1, l2,,l3 ' })).toStrictEqual({
      limitIds: ['l1', 'l2', 'l3'],
    });
  });

  it('False in the logging header as a wish to keep prompts', () => {
    expect(parseHeaders({ 'xProxy-Logging-Disable': 'False' })).toStrictEqual({ logPromptAndResponse: true });
  });

  it('a bag from plain JSON, escaped or in UTF-8 bytes', () => {
    const expectedBag = { requestProperties: { città: '100% 😀' } };
    const escaped = String.raw`{"citt\u00e0":"100% \ud83d\ude00"}`;
    const bytes = Buffer.from('{"città":"100% 😀"}', 'utf8').toString('latin1');
    expect(parseHeaders({ 'xProxy-Request-Properties': escaped })).toStrictEqual(expectedBag);
    expect(parseHeaders({ 'xProxy-Request-Properties': bytes })).toStrictEqual(expectedBag);
  });

  it('a bag from base64 of UTF-8, as the Python instrumentation may write it', () => {
    expect(
      parseHeaders({ 'xProxy-UseCase-Properties': Buffer.from('{"città":"😀"}', 'utf8').toString('base64') }),
    ).toStrictEqual({ useCaseProperties: { città: '😀' } });
  });

  it('a key __proto__ as a property like any other', () => {
    const { requestProperties } = parseHeaders({ 'xProxy-Request-Properties': '{"__proto__":{"x":"1"}}' });
    expect(Object.keys(requestProperties ?? {})).toEqual(['__proto__']);
    expect((requestProperties as { x?: string }).x).toBeUndefined();
  });
});

describe('parseHeaders() refuses', () => {
  const refused: [title: string, header: string, value: string, expected: string][] = [
    ['a user id with a blank', 'xProxy-User-ID', 'Jane Doe', 'InvalidAnnotationError userId'],
    ['a text outside ASCII', 'xProxy-Account-Name', 'Jos\u00e9', 'HeaderEncodingError accountName'],
    ['a text with a tab', 'xProxy-UseCase-Step', 'a\tb', 'HeaderEncodingError useCaseStep'],
    ['a long use case name', 'xProxy-UseCase-Name', 'n'.repeat(65), 'InvalidAnnotationError useCaseName'],
    ['a tag with a dot', 'xProxy-Request-Tags', 'a,b.c', 'InvalidAnnotationError requestTags[1]'],
    ['a limit id outside ASCII', 'xProxy-Limit-IDs', 'a,\u00e9', 'HeaderEncodingError limitIds[1]'],
    ['a negative version', 'xProxy-UseCase-Version', '-1', 'InvalidAnnotationError useCaseVersion'],
    ['a version with a sign', 'xProxy-UseCase-Version', '+1', 'InvalidAnnotationError useCaseVersion'],
    [
      'a version with a leading zero',
      'xProxy-UseCase-Version',
      '01',
      'InvalidAnnotationError useCaseVersion',
    ],
    ['a fraction', 'xProxy-UseCase-Version', '1.0', 'InvalidAnnotationError useCaseVersion'],
    ['an exponent', 'xProxy-UseCase-Version', '1e3', 'InvalidAnnotationError useCaseVersion'],
    ['a hexadecimal version', 'xProxy-UseCase-Version', '0x1', 'InvalidAnnotationError useCaseVersion'],
    [
      'a version in other digits',
      'xProxy-UseCase-Version',
      '\u0661',
      'InvalidAnnotationError useCaseVersion',
    ],
    [
      'a version it cannot hold',
      'xProxy-UseCase-Version',
      '9007199254740993',
      'InvalidAnnotationError useCaseVersion',
    ],
    [
      'another spelling of True',
      'xProxy-Logging-Disable',
      'true',
      'InvalidAnnotationError logPromptAndResponse',
    ],
    ['another word for True', 'xProxy-Logging-Disable', '1', 'InvalidAnnotationError logPromptAndResponse'],
    ['what is not base64', 'xProxy-Request-Properties', '%%%', 'InvalidAnnotationError requestProperties'],
    [
      'base64 of half a JSON text',
      'xProxy-Request-Properties',
      base64('{"a":'),
      'InvalidAnnotationError requestProperties',
    ],
    [
      'base64 of a list',
      'xProxy-Request-Properties',
      base64('["a"]'),
      'InvalidAnnotationError requestProperties',
    ],
    [
      'base64 of null',
      'xProxy-Request-Properties',
      base64('null'),
      'InvalidAnnotationError requestProperties',
    ],
    [
      'base64 of base64',
      'xProxy-Request-Properties',
      base64(base64('{"a":"b"}')),
      'InvalidAnnotationError requestProperties',
    ],
    ['half a JSON text', 'xProxy-UseCase-Properties', '{"a"', 'InvalidAnnotationError useCaseProperties'],
    [
      'bytes that are not UTF-8',
      'xProxy-UseCase-Properties',
      '{"a":"\u00e9"}',
      'InvalidAnnotationError useCaseProperties',
    ],
    [
      'an endless number in a bag',
      'xProxy-UseCase-Properties',
      '{"a":1e999}',
      'InvalidAnnotationError useCaseProperties["a"]',
    ],
  ];
  it.each(refused)('%s', (_title, header, value, expected) => {
    expect(refusal(() => parseHeaders({ [header]: value }))).toBe(expected);
  });

  it('a header in two spellings, in two values and in two entries', () => {
    const expected = 'InvalidAnnotationError userId';
    expect(refusal(() => parseHeaders({ 'xProxy-User-ID': 'u1', 'xproxy-user-id': 'u1' }))).toBe(expected);
    expect(refusal(() => parseHeaders({ 'xproxy-user-id': ['u1', 'u2'] }))).toBe(expected);
    expect(
      refusal(() =>
        parseHeaders([
          ['xProxy-User-ID', ''],
          ['xproxy-user-id', 'u2'],
        ]),
      ),
    ).toBe(expected);
  });

  it('a value that is not text', () => {
    const version = { 'xProxy-UseCase-Version': 3 } as unknown as HeadersLike;
    expect(refusal(() => parseHeaders(version))).toBe('InvalidAnnotationError useCaseVersion');
    const user = { 'xProxy-User-ID': null } as unknown as HeadersLike;
    expect(refusal(() => parseHeaders(user))).toBe('InvalidAnnotationError userId');
  });

  it('what is no collection of headers, and one that throws', () => {
    const fail = (): never => {
      throw new Error('no');
    };
    for (const headers of [
      null,
      undefined,
      7,
      'xProxy-User-ID: u1',
      [1],
      new Map([[1, 'x']]),
      new Proxy({}, { ownKeys: fail }),
    ]) {
      expect(refusal(() => parseHeaders(headers as HeadersLike))).toBe('InvalidAnnotationError headers');
    }
  });

  it('without quoting the value', () => {
    for (const value of ['secret {', base64('{"a":"secret'), '{"a":secret}']) {
      try {
        parseHeaders({ 'xProxy-Request-Properties': value });
        expect.unreachable();
      } catch (error) {
        expect(
          `${(error as Error).message} ${JSON.stringify(error)} ${(error as Error).cause}`,
        ).not.toContain('secret');
      }
    }
  });
});
