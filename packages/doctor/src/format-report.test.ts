import { describe, expect, it } from 'vitest';
import { formatReport } from './format-report.ts';
import type { DoctorReport } from './report.ts';

const report: DoctorReport = {
  doctor: '1.0.0',
  node: 'v24.0.0',
  settings: {
    apiKey: { source: 'none' },
    baseUrl: { value: 'https://api.pay-i.com', source: 'default' },
    proxyVariables: ['HTTPS_PROXY'],
  },
  packages: [{ name: 'openai', version: '4.0.0', directory: 'node_modules/openai', supported: false }],
  limits: [],
  useCases: [],
  findings: [
    {
      level: 'error',
      code: 'IMPORT_FAILED',
      message: 'first\u001b[2J\r\nsecond\u0007',
      fix: 'Do\u001b[1A this.',
    },
    { level: 'ok', code: 'NODE', message: 'Node.js v24.0.0' },
  ],
  healthy: false,
};

describe('formatReport()', () => {
  it('ends with findings, their fixes and a count', () => {
    expect(formatReport(report, false)).toBe(`payi-doctor 1.0.0, Node.js v24.0.0
  key       none
  base URL  https://api.pay-i.com (the default)
  proxies   HTTPS_PROXY set

Packages
  openai 4.0.0 (not supported)

Findings
  ✖ error IMPORT_FAILED: first [2J second\u0020
    Fix: Do [1A this.
  ✔ ok NODE: Node.js v24.0.0

1 error, 0 warnings.
`);
  });

  it('has colours of its own only, and only where they are wanted', () => {
    const sequences = formatReport(report, true).split('\u001b[').slice(1);
    expect(sequences.length).toBeGreaterThan(3);
    for (const sequence of sequences) expect(sequence).toMatch(/^\d+m/);
    expect(formatReport(report, false)).not.toContain('\u001b');
  });
});
