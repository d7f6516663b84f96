import { runLive, runMain } from '@payi-internal/examples/testing';
import { describe, expect, it } from 'vitest';
import { embeddedBackend } from './embedded-backend.ts';

const main = new URL('main.ts', import.meta.url);

describe('the example of a shared budget', () => {
  it('spends it by two workers, and not more', async () => {
    const { exitCode, stdout, stderr } = await runMain(main);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout.trim().split('\n')).toEqual([
      'A budget of 0.01 usd, kept in memory, for two workers with ten calls each at a time:',
      '1. sent 7, refused 13, spent 0.0042 usd',
      '2. sent 4, refused 16, spent 0.0066 usd',
      '3. sent 2, refused 18, spent 0.0078 usd',
      '4. sent 1, refused 19, spent 0.0084 usd',
      '5. sent 1, refused 19, spent 0.0090 usd',
      '6. sent 0, refused 20, spent 0.0090 usd',
      'Pay-i booked 15 calls for 0.0090 usd.',
    ]);
  });

  it('asks the OpenAI and reports to the Pay-i that the environment names, with --live', async () => {
    const { exitCode, stderr, backend } = await runLive(main, embeddedBackend);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(backend.openai.requests.length).toBeGreaterThan(0);
    expect(backend.payi.ledger).toHaveLength(backend.openai.requests.length);
  });
});
