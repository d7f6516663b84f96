import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

describe('the OpenAI responses example', () => {
  it('leaves one receipt for each stream, whole or not', async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [main]);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^Every night the lamp turned, and nobody had to ask for whom\.$/m);
    expect(stdout).toMatch(/^Receipt: complete, 120 in, 30 out, 0\.000600 usd, first token after \d+ ms$/m);
    expect(stdout).toMatch(/^Receipt: partial, \? in, \? out, cost unknown, first token after \d+ ms$/m);
    expect(stdout.match(/^Receipt/gm)).toHaveLength(2);
    expect(stdout.match(/^Pay-i booked: .*"userId":"reader_3"/gm)).toHaveLength(2);
    expect(stdout).not.toContain('payi-test-key');
  });
});
