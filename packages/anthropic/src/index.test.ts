import { expect, it } from 'vitest';
import * as anthropic from './index.ts';

it('exports exactly these names', () => {
  expect(Object.keys(anthropic).sort()).toEqual(['payiClientOptions', 'withPayi']);
});
