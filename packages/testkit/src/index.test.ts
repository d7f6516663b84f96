import { expect, it } from 'vitest';
import * as testkit from './index.ts';

it('exports exactly these names', () => {
  expect(Object.keys(testkit).sort()).toEqual([
    'listen',
    'recordedStream',
    'startAnthropic',
    'startBedrock',
    'startGoogle',
    'startOpenAI',
    'startPayi',
    'streamFaults',
  ]);
});
