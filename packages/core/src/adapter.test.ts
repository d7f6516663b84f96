import { describe, expect, it } from 'vitest';
import * as adapter from './adapter.ts';

describe('@payi/core/adapter', () => {
  it('exports exactly these names', () => {
    expect(Object.keys(adapter).sort()).toEqual([
      'Observation',
      'canonicalHeaderName',
      'checkHeaderValue',
      'checkTotal',
      'familyOf',
      'mergeHeaders',
      'readBedrockBody',
      'readBedrockChunk',
      'readConverse',
      'readConverseEvent',
      'readJsonMember',
      'readTokenCountHeaders',
      'resolvePayi',
      'resultNames',
      'runCallback',
      'setInAnyCase',
      'wireLength',
      'withoutCredentials',
    ]);
  });
});
