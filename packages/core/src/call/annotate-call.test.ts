import { describe, expect, it } from 'vitest';
import { createHeaders } from '../annotations/create-headers.ts';
import { createPayi } from '../settings/create-payi.ts';
import { internalsOf } from '../settings/resolved-payi.ts';
import { annotateCall } from './annotate-call.ts';

const defaults = { limitIds: ['company'], requestProperties: { from: 'defaults' } };
const payi = internalsOf(createPayi({ route: 'headers', defaults }));

describe('headers of a call that were written by hand', () => {
  it('travel as createHeaders() writes them: lists without blanks, bags in base64', () => {
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
    expect(annotateCall(payi, given)).toEqual({ annotations, headers: createHeaders(annotations) });
  });

  it('clear a default when nothing is in them', () => {
    const given = { 'xProxy-Limit-IDs': ' , ', 'xProxy-Request-Properties': '{}' };
    expect(annotateCall(payi, given)).toEqual({ annotations: {}, headers: {} });
  });

  it('stay as they are where Pay-i reads them', () => {
    const given = { 'xProxy-User-ID': 'u-42', 'xProxy-Logging-Disable': 'False' };
    expect(annotateCall(payi, given).headers).toEqual({ ...createHeaders(defaults), ...given });
  });
});
