import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

describe('the Anthropic on Bedrock example', () => {
  it('sends signed calls through Pay-i, and AWS accepts their signatures', async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [main]);
    expect(stderr).toBe('');
    expect(stdout.match(/^(Whole|Streamed): +Either side may leave after a year\.$/gm)).toHaveLength(2);
    expect(stdout.match(/^Receipt: {2}complete, 120 in, 30 out, 0\.000810 usd, legal ok$/gm)).toHaveLength(2);
    expect(stdout.match(/^AWS checked the signature: valid, over (?!.*xproxy)/gm)).toHaveLength(2);
    expect(stdout.match(/^Pay-i booked: .*"userId":"lawyer_5"/gm)).toHaveLength(2);
    expect(stdout).not.toContain('payi-test-key');
  });
});
