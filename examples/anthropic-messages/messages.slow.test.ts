import { runLive, runMain } from '@payi-internal/examples/testing';
import { describe, expect, it } from 'vitest';
import { embeddedBackend } from './embedded-backend.ts';

const main = new URL('main.ts', import.meta.url);

describe('the Anthropic messages example', () => {
  it('counts a whole and a streamed message alike', async () => {
    const { exitCode, stdout, stderr } = await runMain(main);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toContain('Whole:    A soup, with potatoes.\nStreamed: A soup, with potatoes.\n');
    expect(stdout.match(/^Receipt: {2}complete, 120 in, 30 out, 0\.001350 usd$/gm)).toHaveLength(2);
    expect(stdout.match(/^Pay-i booked: .*"userId":"cook_12"/gm)).toHaveLength(2);
    expect(stdout).not.toContain('payi-test-key');
  });

  it('sends its annotations to the Pay-i that the environment names, with --live', async () => {
    const { exitCode, stderr, backend } = await runLive(main, embeddedBackend);
    expect([exitCode, stderr]).toEqual([0, '']);
    const annotated = expect.objectContaining({
      'xproxy-usecase-name': 'recipe_finder',
      'xproxy-user-id': 'cook_12',
      'xproxy-request-tags': 'kitchen',
      authorization: 'Bearer sk-ant-local',
    });
    expect(backend.payi.requests.map(({ path, headers }) => [path, headers])).toEqual([
      ['/api/v1/proxy/anthropic/v1/messages', annotated],
      ['/api/v1/proxy/anthropic/v1/messages', annotated],
    ]);
    expect(backend.payi.ledger).toMatchObject(
      Array(2).fill({
        outcome: 'ok',
        resource: 'claude-opus-4-5',
        units: { text: { input: 120, output: 30 } },
      }),
    );
  });
});
