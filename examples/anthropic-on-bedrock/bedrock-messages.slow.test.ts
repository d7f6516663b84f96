import { runLive, runMain } from '@payi-internal/examples/testing';
import { describe, expect, it } from 'vitest';
import { embeddedBackend } from './embedded-backend.ts';

const main = new URL('main.ts', import.meta.url);

describe('the Anthropic on Bedrock example', () => {
  it('sends signed calls through Pay-i, and AWS accepts their signatures', async () => {
    const { exitCode, stdout, stderr } = await runMain(main);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout.match(/^(Whole|Streamed): +Either side may leave after a year\.$/gm)).toHaveLength(2);
    expect(stdout.match(/^Receipt: {2}complete, 120 in, 30 out, 0\.000810 usd$/gm)).toHaveLength(2);
    expect(stdout.match(/^AWS checked the signature: valid, over (?!.*xproxy)/gm)).toHaveLength(2);
    expect(stdout.match(/^Pay-i booked: .*"userId":"lawyer_5"/gm)).toHaveLength(2);
    expect(stdout).not.toContain('payi-test-key');
  });

  it('sends its annotations to the Pay-i that the environment names, with --live', async () => {
    const { exitCode, stderr, backend } = await runLive(main, embeddedBackend, {
      BEDROCK_MODEL_ID: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    });
    expect([exitCode, stderr]).toEqual([0, '']);
    const annotated = expect.objectContaining({
      'xproxy-usecase-name': 'contract_review',
      'xproxy-user-id': 'lawyer_5',
      authorization: expect.stringMatching(/^AWS4-HMAC-SHA256 /),
    });
    const model = '/api/v1/proxy/aws.bedrock/model/us.anthropic.claude-sonnet-4-5-20250929-v1:0';
    expect(backend.payi.requests.map(({ path, headers }) => [decodeURIComponent(path), headers])).toEqual([
      [`${model}/invoke`, annotated],
      [`${model}/invoke-with-response-stream`, annotated],
    ]);
    expect(backend.bedrock.requests).toMatchObject([
      { signature: { valid: true }, status: 200 },
      { signature: { valid: true }, status: 200 },
    ]);
    expect(backend.payi.ledger).toMatchObject(
      Array(2).fill({ outcome: 'ok', units: { text: { input: 120, output: 30 } } }),
    );
  });
});
