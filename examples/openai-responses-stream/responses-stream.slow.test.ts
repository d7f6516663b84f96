import { runLive, runMain } from '@payi-internal/examples/testing';
import { describe, expect, it } from 'vitest';
import { embeddedBackend } from './embedded-backend.ts';

const main = new URL('main.ts', import.meta.url);

describe('the OpenAI responses example', () => {
  it('leaves one receipt for each stream, whole or not', async () => {
    const { exitCode, stdout, stderr } = await runMain(main);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^Every night the lamp turned, and nobody had to ask for whom\.$/m);
    expect(stdout).toMatch(/^Receipt: complete, 120 in, 30 out, 0\.000600 usd, first token after \d+ ms$/m);
    expect(stdout).toMatch(/^Receipt: partial, \? in, \? out, no cost, first token after \d+ ms$/m);
    expect(stdout.match(/^Receipt/gm)).toHaveLength(2);
    expect(stdout.match(/^Pay-i booked: .*"userId":"reader_3"/gm)).toHaveLength(2);
    expect(stdout).not.toContain('payi-test-key');
  });

  it('sends its annotations to the Pay-i that the environment names, with --live', async () => {
    const { exitCode, stderr, backend } = await runLive(main, embeddedBackend);
    expect([exitCode, stderr]).toEqual([0, '']);
    const annotated = expect.objectContaining({
      'xproxy-usecase-name': 'story_teller',
      'xproxy-user-id': 'reader_3',
    });
    expect(backend.payi.requests.map(({ path, headers }) => [path, headers])).toEqual([
      ['/api/v1/proxy/openai/v1/responses', annotated],
      ['/api/v1/proxy/openai/v1/responses', annotated],
    ]);
    expect(backend.payi.ledger.map(({ outcome }) => outcome)).toEqual(['ok', 'aborted']);
  });
});
