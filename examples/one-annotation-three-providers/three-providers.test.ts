import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

describe('one annotation for three providers', () => {
  it('is booked for the same user and use case, whoever answered', async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [main]);
    expect(stderr).toBe('');
    for (const answer of [
      'AWS Bedrock says: The model.',
      'OpenAI says: Its usage.',
      'Anthropic says: Its stop',
    ]) {
      expect(stdout).toContain(answer);
    }
    expect(stdout).toContain('the same headers at Pay-i, none of them at a provider');
    for (const [category, model] of [
      ['system.aws.bedrock', 'anthropic.claude-3-7-sonnet-20250219-v1:0'],
      ['system.openai', 'gpt-4o'],
      ['system.anthropic', 'claude-opus-4-5'],
    ]) {
      const row = `^${category} +${model} +provider_comparison +analyst_456 +\\d+ +\\d+ +0\\.000\\d*[1-9]`;
      expect(stdout).toMatch(new RegExp(row, 'm'));
    }
    expect(stdout).not.toContain('payi-test-key');
  });
});
