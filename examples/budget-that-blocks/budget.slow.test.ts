import { runLive, runMain } from '@payi-internal/examples/testing';
import { describe, expect, it } from 'vitest';
import { embeddedBackend } from './embedded-backend.ts';

const main = new URL('main.ts', import.meta.url);

describe('the example of a budget that blocks', () => {
  it('falls back to a small model, then refuses, and goes on when the budget is raised', async () => {
    const { exitCode, stdout, stderr } = await runMain(main);
    expect([exitCode, stderr]).toEqual([0, '']);
    const answer = 'At what it is for.';
    expect(stdout.split('\n\nWhat Pay-i booked:')[0]).toBe(
      [
        'A budget of 0.002 usd, and a reserve of 0.0001 usd for a small model:',
        `AWS Bedrock                        ${answer}`,
        `OpenAI                             ${answer}`,
        `Anthropic                          ${answer}`,
        `AWS Bedrock blocked, small model   ${answer}`,
        `OpenAI blocked, small model        ${answer}`,
        `Anthropic blocked, small model     ${answer}`,
        'all blocked                        The budget of your team is used up. Please ask its owner for more.',
        '',
        'The budget raised to 0.01 usd:',
        `OpenAI                             ${answer}`,
        `Anthropic                          ${answer}`,
        `AWS Bedrock                        ${answer}`,
      ].join('\n'),
    );
  });

  it('makes, raises and deletes its own limits at the Pay-i that the environment names, with --live', async () => {
    const { exitCode, stderr, backend } = await runLive(main, embeddedBackend);
    expect([exitCode, stderr]).toEqual([0, '']);

    const rest = backend.payi.requests.filter(({ path }) => path.startsWith('/api/v1/limits'));
    const [budget, reserve] = rest.map(({ body }) => JSON.parse(body.toString() || '{}').limit_id);
    expect([budget, reserve]).toEqual([
      expect.stringMatching(/^team_budget_[\da-f]{8}$/),
      expect.stringMatching(/^team_reserve_[\da-f]{8}$/),
    ]);
    expect(rest.map(({ method, path }) => `${method} ${path.slice('/api/v1/limits'.length)}`)).toEqual([
      'POST ',
      'POST ',
      `PUT /${budget}`,
      `DELETE /${budget}`,
      `DELETE /${reserve}`,
    ]);
    expect(backend.payi.limit(budget)).toBeUndefined();

    const [aws, openai, anthropic] = ['system.aws.bedrock', 'system.openai', 'system.anthropic'];
    expect(
      backend.payi.ledger.map(({ category, outcome, annotations }) => [
        category,
        outcome,
        annotations.limitIds?.[0],
        annotations.userId,
      ]),
    ).toEqual(
      [
        [aws, 'ok', budget],
        [openai, 'ok', budget],
        [anthropic, 'ok', budget],
        [aws, 'blocked', budget],
        [openai, 'ok', reserve],
        [openai, 'blocked', budget],
        [openai, 'ok', reserve],
        [anthropic, 'blocked', budget],
        [openai, 'ok', reserve],
        [aws, 'blocked', budget],
        [openai, 'blocked', reserve],
        [openai, 'ok', budget],
        [anthropic, 'ok', budget],
        [aws, 'ok', budget],
      ].map((call) => [...call, 'developer_21']),
    );
    // What Pay-i blocks, no provider sees.
    const { bedrock, openai: ofOpenAI, anthropic: ofAnthropic } = backend;
    expect([...bedrock.requests, ...ofOpenAI.requests, ...ofAnthropic.requests]).toHaveLength(9);
  });
});
