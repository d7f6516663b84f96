import { expect, it } from 'vitest';
import * as google from './index.ts';

it('@payi/google exports exactly these names', () => {
  expect(Object.keys(google).sort()).toEqual(['payiClientOptions', 'withPayi']);
});
