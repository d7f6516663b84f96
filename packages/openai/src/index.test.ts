import { expect, it } from 'vitest';
import * as openai from './index.ts';

it('@payi/openai exports exactly these names', () => {
  expect(Object.keys(openai).sort()).toEqual(['payiClientOptions', 'withPayi']);
});
