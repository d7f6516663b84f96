import { describe, expect, it } from 'vitest';
import { pairHeaders } from '../header-list.ts';
import { toProviderHeaders } from './proxy-headers.ts';

/** Takes and returns names and values in turn. */
const translate = (headers: string[], host: string): string[] =>
  toProviderHeaders(pairHeaders(headers), host).flat();

describe('toProviderHeaders()', () => {
  it('keeps value, spelling and order of what it passes on', () => {
    expect(
      translate(['Content-Type', 'application/json', 'X-Twice', '1', 'x-twice', '2'], 'aws.example'),
    ).toEqual(['Host', 'aws.example', 'Content-Type', 'application/json', 'X-Twice', '1', 'x-twice', '2']);
  });

  it('replaces the host and drops xProxy headers in any case', () => {
    expect(
      translate(['host', '127.0.0.1:1', 'xProxy-Api-Key', 'k', 'XPROXY-USER-ID', 'u'], 'aws.example:8443'),
    ).toEqual(['Host', 'aws.example:8443']);
  });

  it('takes the prefix off forwarded headers', () => {
    expect(translate(['xProxy-Forward-X-Trace', 'abc', 'xproxy-forward-', 'nothing'], 'h')).toEqual([
      'Host',
      'h',
      'X-Trace',
      'abc',
    ]);
  });

  it('drops what belongs to the connection, and what Connection names', () => {
    expect(
      translate(
        [
          'Connection',
          'keep-alive, X-Hop',
          'Keep-Alive',
          'timeout=5',
          'X-Hop',
          '1',
          'TE',
          'trailers',
          'X-End',
          '2',
        ],
        'h',
      ),
    ).toEqual(['Host', 'h', 'X-End', '2']);
  });

  it('drops the pseudo-headers of HTTP/2', () => {
    expect(translate([':authority', '127.0.0.1', ':path', '/', 'accept', '*/*'], 'h')).toEqual([
      'Host',
      'h',
      'accept',
      '*/*',
    ]);
  });
});
