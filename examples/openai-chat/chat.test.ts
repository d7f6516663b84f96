import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

describe('the OpenAI chat example', () => {
  it('counts a whole and a streamed completion alike, and shows a blocked call', async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [main]);
    expect(stderr).toBe('');
    expect(stdout).toContain('Whole:    Lisbon, while it is quiet.\nStreamed: Lisbon, while it is quiet.\n');
    expect(stdout).toContain('isLimitReached(error) is true');
    expect(stdout.match(/^Receipt: {2}complete, 120 in, 30 out, 0\.000600 usd$/gm)).toHaveLength(2);
    expect(stdout).toMatch(/^Receipt: {2}blocked, \? in, \? out, no cost, spent_budget blocked$/m);
    expect(stdout.match(/^Pay-i booked: .*"userId":"traveller_7"/gm)).toHaveLength(2);
    expect(stdout).not.toContain('payi-test-key');
  });
});
