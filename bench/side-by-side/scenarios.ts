import { wantedEvents } from './answers.ts';
import type { Scenario } from './measure-calls.ts';

/** The kinds of calls, in the order of the table's columns. */
export const scenarios: readonly Scenario[] = [
  { title: 'a call', wanted: 'a small answer', unit: 'µs', rounds: 40, calls: 40 },
  { title: 'a stream of 20 events', wanted: wantedEvents(20), unit: 'µs', rounds: 40, calls: 10 },
  { title: 'a stream of 500 events', wanted: wantedEvents(500), unit: 'ms', rounds: 24, calls: 2 },
  { title: 'a stream of 10,000 events', wanted: wantedEvents(10_000), unit: 'ms', rounds: 9, calls: 1 },
  { title: 'a body of 1 MB', wanted: '1 MB', unit: 'ms', rounds: 30, calls: 3 },
  { title: 'a body of 20 MB', wanted: '20 MB', unit: 'ms', rounds: 9, calls: 1 },
  {
    title: '200 calls in flight, a context each',
    wanted: 'a small answer',
    unit: 'µs',
    allAtOnce: true,
    rounds: 12,
    calls: 200,
  },
];
