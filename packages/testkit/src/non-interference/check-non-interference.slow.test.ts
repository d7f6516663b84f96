import { describe, expect, it } from 'vitest';
import { type Misbehaved, misbehaved, wellBehaved } from './__fixtures__/instrumentations.ts';
import { checks } from './checks/index.ts';
import { checkNonInterference, formatReport, type NonInterferenceReport } from './index.ts';
import type { CheckName } from './report.ts';

const failed = (report: NonInterferenceReport): string[] =>
  report.checks.filter(({ passed }) => !passed).map(({ name }) => name);

/** About a second each, so they run for one good instrumentation and for those that must fail them. */
const slow = new Set<CheckName>([
  'back-pressure',
  'early break',
  'unread stream',
  'stream endings',
  'concurrency',
  'heap',
]);
const allChecks: CheckName[] = [...checks.map(({ name }) => name), 'unhandled errors'];
const heapEvents = 5000;

describe('checkNonInterference()', { timeout: 300_000 }, () => {
  it('runs every check over HTTP/1.1 and HTTP/2', async () => {
    const report = await checkNonInterference({ instrument: () => {}, heapEvents });
    expect(failed(report), formatReport(report)).toEqual([]);
    expect(report.passed).toBe(true);
    expect(report.checks.map(({ name, protocol }) => `${name}, ${protocol}`)).toEqual(
      ['http/1.1', 'h2'].flatMap((protocol) => allChecks.map((name) => `${name}, ${protocol}`)),
    );
    // An instrumentation that cannot be removed is not checked for traces.
    expect(report.checks.filter(({ measured }) => !measured)).toMatchObject([
      { name: 'undo' },
      { name: 'undo' },
    ]);
  });

  it.each(Object.entries(wellBehaved))('passes an instrumentation that %s', async (_what, instrument) => {
    const report = await checkNonInterference({ instrument, protocols: ['h2'], heapEvents });
    expect(failed(report), formatReport(report)).toEqual([]);
    expect(report.checks.filter(({ measured }) => !measured)).toEqual([]);
  });

  it.each(Object.entries(misbehaved))(
    'fails one that %s, and only there',
    async (_what, { instrument, fails }) => {
      const report = await checkNonInterference({
        instrument,
        protocols: ['http/1.1'],
        checks: allChecks.filter((name) => !slow.has(name) || fails.includes(name)),
        heapEvents,
        timeoutMs: 5000,
      });
      const measured = report.checks.filter((check) => check.measured).map(({ name }) => name);
      expect(failed(report), formatReport(report)).toEqual(fails.filter((name) => measured.includes(name)));
      expect(report.passed).toBe(measured.every((name) => !fails.includes(name)));
    },
  );

  it('finds over HTTP/2 what it finds over HTTP/1.1', async () => {
    const { instrument } = misbehaved['tees the stream into a buffer'] as Misbehaved;
    const report = await checkNonInterference({
      instrument,
      protocols: ['h2'],
      checks: ['back-pressure', 'events'],
    });
    expect(failed(report), formatReport(report)).toEqual(['back-pressure']);
  });

  it('compares with what the baseline does, bytes as far as they are comparable', async () => {
    const { instrument } = misbehaved['writes the body anew'] as Misbehaved;
    const same = await checkNonInterference({ instrument, baseline: instrument, checks: ['body bytes'] });
    expect(failed(same), formatReport(same)).toEqual([]);
    const comparableBytes = (bytes: Uint8Array): Uint8Array =>
      Buffer.from(JSON.stringify(JSON.parse(Buffer.from(bytes).toString())));
    const comparable = await checkNonInterference({ instrument, comparableBytes, checks: ['body bytes'] });
    expect(failed(comparable), formatReport(comparable)).toEqual([]);
  });

  it('reports an instrumentation that throws, rather than throwing', async () => {
    const instrument = (): never => {
      throw new Error('no such client');
    };
    const report = await checkNonInterference({ instrument, protocols: ['h2'], checks: ['usage', 'undo'] });
    expect(report.checks).toMatchObject([
      { name: 'usage', passed: false, detail: expect.stringContaining('no such client') },
      { name: 'undo', passed: false, detail: expect.stringContaining('no such client') },
    ]);
  });

  it('leaves the listeners of the process as they were', async () => {
    const listeners = () =>
      ['unhandledRejection', 'uncaughtException'].map((event) => process.rawListeners(event));
    const before = listeners();
    await checkNonInterference({ instrument: () => {}, protocols: ['h2'], checks: ['usage'] });
    expect(listeners()).toEqual(before);
  });
});

describe('formatReport()', () => {
  it('prints a line for each check and sums up', () => {
    const report: NonInterferenceReport = {
      passed: false,
      checks: [
        {
          name: 'events',
          protocol: 'h2',
          passed: true,
          measured: true,
          detail: 'the same facts',
          bare: '3 facts',
          instrumented: '3 facts',
        },
        {
          name: 'heap',
          protocol: 'http/1.1',
          passed: false,
          measured: true,
          detail: 'two\nlines',
          bare: 1,
          instrumented: 2,
        },
        {
          name: 'undo',
          protocol: 'h2',
          passed: true,
          measured: false,
          detail: 'not measured',
          bare: '–',
          instrumented: '–',
        },
      ],
    };
    expect(formatReport(report)).toBe(
      [
        'check   protocol  result  bare     instrumented  detail',
        'events  h2        pass    3 facts  3 facts       the same facts',
        'heap    http/1.1  FAIL    1        2             two lines',
        'undo    h2        –       –        –             not measured',
        '',
        '1 passed, 1 failed, 1 not measured',
      ].join('\n'),
    );
  });
});
