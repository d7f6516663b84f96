import { runLive, runMain } from '@payi-internal/examples/testing';
import { describe, expect, it } from 'vitest';
import { embeddedBackend } from './embedded-backend.ts';

const main = new URL('main.ts', import.meta.url);

describe('the AI SDK with three providers', () => {
  it('has a receipt of each call, which agrees with the ledger', async () => {
    const { exitCode, stdout, stderr } = await runMain(main);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toContain('AWS Bedrock says: The model.\nOpenAI says: Its usage.\n');
    expect(stdout).toContain('Anthropic says: Its stop reason.\n');
    expect(stdout).toMatch(/^amazon\.nova-lite-v1:0: complete, 15 in, 3 out, .* comparison_budget ok$/m);
    expect(stdout).toMatch(/^gpt-4o: complete, 16 in, 4 out, .* comparison_budget ok$/m);
    expect(stdout).toMatch(/^claude-opus-4-5: complete, 17 in, 5 out, .* comparison_budget ok$/m);
    expect(stdout).toContain('\n3 calls, 48 in, 12 out\n');
    expect(stdout).toMatch(/^Pay-i booked the same three calls, each for .*"userId":"analyst_456"/m);
    expect(stdout).not.toContain('payi-test-key');
  });

  it('annotates each call at the Pay-i that the environment names, with --live', async () => {
    const { exitCode, stderr, backend } = await runLive(main, embeddedBackend);
    expect([exitCode, stderr]).toEqual([0, '']);
    const annotated = expect.objectContaining({
      'xproxy-usecase-name': 'provider_comparison',
      'xproxy-user-id': 'analyst_456',
      'xproxy-limit-ids': 'comparison_budget',
    });
    expect(backend.payi.requests.map(({ headers }) => headers)).toEqual([annotated, annotated, annotated]);
    expect(backend.payi.ledger.map(({ category, outcome }) => [category, outcome])).toEqual([
      ['system.aws.bedrock', 'ok'],
      ['system.openai', 'ok'],
      ['system.anthropic', 'ok'],
    ]);
  });
});
