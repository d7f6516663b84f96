import { describe, expect, it } from 'vitest';
import { readTokenCountHeaders } from './readers.ts';

describe('readTokenCountHeaders()', () => {
  it('reads the four counters', () => {
    expect(
      readTokenCountHeaders({
        'x-amzn-bedrock-input-token-count': '15',
        'x-amzn-bedrock-output-token-count': '4',
        'x-amzn-bedrock-cache-read-input-token-count': '100',
        'x-amzn-bedrock-cache-write-input-token-count': '20',
        'x-amzn-bedrock-invocation-latency': '1655',
      }),
    ).toEqual({
      units: {
        text: { input: 15, output: 4 },
        text_cache_read: { input: 100 },
        text_cache_write: { input: 20 },
      },
    });
  });

  it('knows what one header says when the other is missing', () => {
    expect(readTokenCountHeaders({ 'x-amzn-bedrock-input-token-count': '7' })).toEqual({
      units: { text: { input: 7 } },
    });
  });

  it('says nothing without the headers', () => {
    expect(readTokenCountHeaders({ 'content-type': 'application/json' })).toEqual({});
  });

  it.each(['', ' ', '-1', '1.5', '1e3', '0x10', 'many', '99999999999999999999', ['3'], null])(
    'ignores the value %j',
    (value) => {
      expect(readTokenCountHeaders({ 'x-amzn-bedrock-input-token-count': value })).toEqual({});
    },
  );
});
