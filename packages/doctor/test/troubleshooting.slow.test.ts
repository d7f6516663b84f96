import { startBedrock } from '@payi/testkit';
import { describe, expect, it } from 'vitest';
import { diagnoseModule } from './run-doctor.ts';

/** The three causes that Pay-i's guide names for "you're not seeing tracking data or getting errors". */
describe('a missing registration', () => {
  it('is an error for a client without any, and shows that nothing arrives', async () => {
    const { exitCode, finding, report } = await diagnoseModule('bedrock-bare.ts');
    expect(finding('UNREGISTERED_OPERATION')).toMatchObject({
      level: 'error',
      fix: expect.stringContaining("registerBedrockClientCallbacks(client, ['InvokeModel', "),
    });
    expect(finding('ANNOTATIONS_LOST')?.message).toContain('userId, useCaseName');
    expect(report.client?.operations).toEqual({
      registered: [],
      unregistered: ['InvokeModel', 'InvokeModelWithResponseStream', 'Converse', 'ConverseStream'],
    });
    expect(report.dryRun).toMatchObject({
      request: {
        url: 'https://bedrock-runtime.us-east-1.amazonaws.com/model/amazon.nova-lite-v1%3A0/invoke',
      },
      arrived: { at: 'provider', payiHeaders: [], annotations: {}, signature: 'valid' },
    });
    expect(exitCode).toBe(1);
  });

  it('is an error for the one operation that lacks it, and nothing is sent', async () => {
    const { exitCode, finding, report } = await diagnoseModule('bedrock-headers.ts', [
      '--operation',
      'ConverseStream',
    ]);
    expect(finding('UNREGISTERED_OPERATION')).toMatchObject({
      level: 'error',
      fix: expect.stringContaining("registerBedrockClientCallbacks(client, 'ConverseStream')"),
    });
    expect(report.dryRun?.request).toBeUndefined();
    expect(report.dryRun?.error?.code).toBe('UNREGISTERED_OPERATION');
    expect(exitCode).toBe(1);
  });
});

describe('the order of registration', () => {
  it('is an error when a call went out before', async () => {
    const { exitCode, finding, report } = await diagnoseModule('bedrock-call-first.ts');
    expect(finding('CALL_BEFORE_REGISTRATION')).toMatchObject({
      level: 'error',
      message: expect.stringContaining('bedrock-runtime.us-east-1.amazonaws.com'),
      fix: expect.stringContaining('registerBedrockClientCallbacks() right after the client is made'),
    });
    expect(finding('ANNOTATIONS_ARRIVE')).toBeDefined();
    expect(report.dryRun?.arrived?.at).toBe('pay-i');
    expect(exitCode).toBe(1);
  });

  it('is an error when that call was answered, by a provider on this machine', async () => {
    await using bedrock = await startBedrock({ verifySignatures: false });
    const { finding } = await diagnoseModule('bedrock-local-call-first.ts', [], {
      TEST_BEDROCK_URL: bedrock.url,
    });
    expect(bedrock.requests.map(({ operation }) => operation)).toEqual(['Converse']);
    expect(finding('CALL_BEFORE_REGISTRATION')?.level).toBe('error');
  });

  it('is an error when the client that a module exports is registered only later', async () => {
    const { exitCode, finding } = await diagnoseModule('bedrock-registered-later.ts');
    expect(finding('UNREGISTERED_OPERATION')?.fix).toContain('If that line is there, it runs too late');
    expect(exitCode).toBe(1);
  });

  it('is a warning when middleware was there first and sees extraHeaders', async () => {
    const { exitCode, finding } = await diagnoseModule('bedrock-middleware.ts', ['--export', 'lateClient']);
    expect(finding('REGISTERED_LATE')).toMatchObject({
      level: 'warning',
      message: expect.stringContaining('inputLogger'),
      fix: expect.stringContaining('right after the client is made'),
    });
    expect(exitCode).toBe(0);
  });
});

describe('the format of headers', () => {
  it('is fine as createHeaders() gives it', async () => {
    const { exitCode, report } = await diagnoseModule('bedrock-headers.ts', ['--headers', 'headers']);
    expect(report.dryRun?.arrived).toMatchObject({
      at: 'pay-i',
      annotations: { useCaseName: 'summary', userId: 'u-42', limitIds: ['team_a', 'team_b'] },
    });
    expect(report.limits).toEqual([{ id: 'team_a' }, { id: 'team_b' }]);
    expect(exitCode).toBe(0);
  });

  it.each([
    ['annotations', 'createHeaders({ useCaseName, userId })'],
    ['notCalled', 'Call createHeaders({ useCaseName, userId, … })'],
    ['empty', 'Call createHeaders({ useCaseName, userId, … })'],
  ])('is an error for the export %s', async (name, fix) => {
    const { exitCode, finding } = await diagnoseModule('bedrock-headers.ts', ['--headers', name]);
    expect(finding('INVALID_ANNOTATION')).toMatchObject({
      level: 'error',
      fix: expect.stringContaining(fix),
    });
    expect(exitCode).toBe(1);
  });

  it('is an error for annotations that createHeaders() refuses, and nothing is sent', async () => {
    const annotations = JSON.stringify({ use_case_name: 'summary' });
    const { finding, report } = await diagnoseModule('bedrock-headers.ts', ['--annotations', annotations]);
    expect(finding('INVALID_ANNOTATION')).toMatchObject({
      message: expect.stringContaining('use_case_name'),
      fix: expect.stringContaining('createHeaders({ … })'),
    });
    expect(report.dryRun).toBeUndefined();
  });

  it('is an error for text that no header carries', async () => {
    const annotations = JSON.stringify({ userId: 'Jürgen' });
    const { finding } = await diagnoseModule('bedrock-headers.ts', ['--annotations', annotations]);
    expect(finding('HEADER_ENCODING')?.fix).toContain('requestProperties');
  });
});
