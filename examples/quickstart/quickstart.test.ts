import { runLive, runMain } from '@payi-internal/examples/testing';
import { describe, expect, it } from 'vitest';
import { blockingLimitId, embeddedBackend } from './embedded-backend.ts';

const main = new URL('main.ts', import.meta.url);

describe('the quickstart', () => {
  it('runs the guide’s two examples, shows what arrived, and a blocked call', async () => {
    const { exitCode, stdout } = await runMain(main);
    expect(exitCode).toBe(0);
    for (const line of [
      'xProxy-UseCase-Name: text_generation',
      'xProxy-User-ID: data_scientist_123',
      'xProxy-Limit-IDs: aws_budget',
      'xProxy-Request-Tags: bedrock,claude',
      'xProxy-UseCase-Name: streaming_generation',
      'xProxy-User-ID: analyst_456',
      'xProxy-Limit-IDs: streaming_budget',
      'xProxy-Request-Tags: bedrock,streaming',
      'isLimitReached(error) is true',
    ]) {
      expect(stdout).toContain(line);
    }
    expect(stdout.match(/AWS checked the signature: valid/g)).toHaveLength(2);
    expect(
      stdout.match(/^Receipt: complete, text \d+ in, \d+ out, 0\.\d{6} usd, limits: \w+ ok/gm),
    ).toHaveLength(2);
    expect(stdout.match(/first token after \d+ ms/g)).toHaveLength(1);
    expect(stdout).toMatch(/^report_budget +2 +1 /m);
    expect(stdout).toMatch(/^system\.openai +gpt-4o +provider_comparison /m);
    expect(stdout).not.toContain('payi-test-key');
  });

  it('sends its annotations to the Pay-i that the environment names, with --live', async () => {
    const { exitCode, stdout, backend } = await runLive(main, embeddedBackend, {
      PAYI_BLOCKING_LIMIT_ID: blockingLimitId,
    });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('isLimitReached(error) is true');
    const blocked = { useCaseName: 'report_summary', userId: 'analyst_456', limitIds: [blockingLimitId] };
    expect(
      backend.payi.ledger.map(({ operation, outcome, annotations }) => [operation, outcome, annotations]),
    ).toEqual([
      [
        'InvokeModel',
        'ok',
        {
          useCaseName: 'text_generation',
          useCaseId: expect.any(String),
          userId: 'data_scientist_123',
          limitIds: ['aws_budget'],
          requestTags: ['bedrock', 'claude'],
        },
      ],
      [
        'InvokeModelWithResponseStream',
        'ok',
        {
          useCaseName: 'streaming_generation',
          useCaseId: expect.any(String),
          userId: 'analyst_456',
          limitIds: ['streaming_budget'],
          requestTags: ['bedrock', 'streaming'],
        },
      ],
      ['InvokeModel', 'ok', { ...blocked, useCaseId: expect.any(String) }],
      ['InvokeModel', 'blocked', expect.objectContaining(blocked)],
    ]);
  });
});
