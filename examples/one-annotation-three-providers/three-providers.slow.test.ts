import { runLive, runMain } from '@payi-internal/examples/testing';
import { describe, expect, it } from 'vitest';
import { embeddedBackend } from './embedded-backend.ts';

const main = new URL('main.ts', import.meta.url);

describe('one annotation for three providers', () => {
  it('is booked for the same user and use case, whoever answered', async () => {
    const { exitCode, stdout, stderr } = await runMain(main);
    expect([exitCode, stderr]).toEqual([0, '']);
    for (const answer of [
      'AWS Bedrock says: The model.',
      'OpenAI says: Its usage.',
      'Anthropic says: Its stop',
    ]) {
      expect(stdout).toContain(answer);
    }
    expect(stdout).toContain('the same headers at Pay-i, none of them at a provider');
    for (const [category, model] of [
      ['system.aws.bedrock', 'anthropic.claude-3-7-sonnet-20250219-v1:0'],
      ['system.openai', 'gpt-4o'],
      ['system.anthropic', 'claude-opus-4-5'],
    ]) {
      const row = `^${category} +${model} +provider_comparison +analyst_456 +\\d+ +\\d+ +0\\.000\\d*[1-9]`;
      expect(stdout).toMatch(new RegExp(row, 'm'));
    }
    expect(stdout).not.toContain('payi-test-key');
  });

  it('carries it three times to the Pay-i that the environment names, with --live', async () => {
    const { exitCode, stderr, backend } = await runLive(main, embeddedBackend);
    expect([exitCode, stderr]).toEqual([0, '']);
    const annotated = expect.objectContaining({
      'xproxy-usecase-name': 'provider_comparison',
      'xproxy-usecase-id': 'comparison-1',
      'xproxy-user-id': 'analyst_456',
      'xproxy-limit-ids': 'comparison_budget',
      'xproxy-request-tags': 'nightly',
    });
    expect(backend.payi.requests.map(({ headers }) => headers)).toEqual([annotated, annotated, annotated]);
    expect(backend.payi.ledger.map(({ category, outcome }) => [category, outcome])).toEqual([
      ['system.aws.bedrock', 'ok'],
      ['system.openai', 'ok'],
      ['system.anthropic', 'ok'],
    ]);
  });
});
