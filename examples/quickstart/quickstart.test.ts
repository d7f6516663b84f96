import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('main.ts', import.meta.url));
const run = promisify(execFile);

describe('the quickstart', () => {
  it('runs the guide’s two examples, shows what arrived, and a blocked call', async () => {
    const { stdout } = await run(process.execPath, [main]);
    for (const line of [
      'xProxy-UseCase-Name: text_generation',
      'xProxy-User-ID: data_scientist_123',
      'xProxy-Limit-IDs: aws_budget',
      'xProxy-Request-Tags: bedrock,claude',
      'xProxy-UseCase-Name: streaming_generation',
      'xProxy-User-ID: analyst_456',
      'xProxy-Limit-IDs: streaming_budget',
      'xProxy-Request-Tags: bedrock,streaming',
      'isLimitReached(error) is true',
    ]) {
      expect(stdout).toContain(line);
    }
    expect(stdout.match(/AWS checked the signature: valid/g)).toHaveLength(2);
    expect(
      stdout.match(/^Receipt: complete, text \d+ in, \d+ out, 0\.\d{6} usd, limits: \w+ ok/gm),
    ).toHaveLength(2);
    expect(stdout.match(/first token after \d+ ms/g)).toHaveLength(1);
    expect(stdout).toMatch(/^report_budget +2 +1 /m);
    expect(stdout).toMatch(/^system\.openai +gpt-4o +provider_comparison /m);
    expect(stdout).not.toContain('payi-test-key');
  });

  it('says what is missing for the real services', async () => {
    const error = await run(process.execPath, [main, '--live'], {
      env: { PATH: process.env.PATH, AWS_EC2_METADATA_DISABLED: 'true', HOME: '/nonexistent' },
    }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 1 });
    const { stderr } = error as { stderr: string };
    expect(stderr).toContain('PAYI_API_KEY');
    expect(stderr).toContain('AWS_REGION');
    expect(stderr).toContain('AWS credentials');
  });
});
