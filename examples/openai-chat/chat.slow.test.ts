import { runLive, runMain } from '@payi-internal/examples/testing';
import { describe, expect, it } from 'vitest';
import { embeddedBackend } from './embedded-backend.ts';

const main = new URL('main.ts', import.meta.url);

describe('the OpenAI chat example', () => {
  it('counts a whole and a streamed completion alike', async () => {
    const { exitCode, stdout, stderr } = await runMain(main);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toContain('Whole:    Lisbon, while it is quiet.\nStreamed: Lisbon, while it is quiet.\n');
    expect(stdout.match(/^Receipt: {2}complete, 120 in, 30 out, 0\.000600 usd$/gm)).toHaveLength(2);
    expect(stdout.match(/^Pay-i booked: .*"userId":"traveller_7"/gm)).toHaveLength(2);
    expect(stdout).not.toContain('payi-test-key');
  });

  it('sends its annotations to the Pay-i that the environment names, with --live', async () => {
    const { exitCode, stderr, backend } = await runLive(main, embeddedBackend);
    expect([exitCode, stderr]).toEqual([0, '']);
    const annotated = expect.objectContaining({
      'xproxy-usecase-name': 'trip_planner',
      'xproxy-user-id': 'traveller_7',
      'xproxy-request-tags': 'chat',
      authorization: 'Bearer sk-local',
    });
    expect(backend.payi.requests.map(({ path, headers }) => [path, headers])).toEqual([
      ['/api/v1/proxy/openai/v1/chat/completions', annotated],
      ['/api/v1/proxy/openai/v1/chat/completions', annotated],
    ]);
    expect(backend.payi.ledger).toMatchObject(
      Array(2).fill({ outcome: 'ok', resource: 'gpt-4o', units: { text: { input: 120, output: 30 } } }),
    );
  });
});
