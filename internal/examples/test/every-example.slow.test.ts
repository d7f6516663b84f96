import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runMain } from '../src/testing.ts';

const examples = new URL('../../../examples/', import.meta.url);
const names = readdirSync(examples, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** What the client of each SDK needs from its environment, in the words of the message. */
const needs: Record<string, readonly string[]> = {
  '@aws-sdk/client-bedrock-runtime': ['AWS_REGION: ', 'AWS credentials: '],
  '@anthropic-ai/bedrock-sdk': ['AWS_REGION: ', 'AWS credentials: '],
  '@anthropic-ai/sdk': ['ANTHROPIC_API_KEY: '],
  openai: ['OPENAI_API_KEY: '],
  '@ai-sdk/amazon-bedrock': ['AWS_REGION: ', 'AWS credentials: '],
  '@ai-sdk/anthropic': ['ANTHROPIC_API_KEY: '],
  '@ai-sdk/openai': ['OPENAI_API_KEY: '],
};

describe.each(names)('examples/%s', (name) => {
  const folder = new URL(`${name}/`, examples);
  const read = (file: string): string => readFileSync(new URL(file, folder), 'utf8');
  const { dependencies, ...manifest } = JSON.parse(read('package.json'));

  it('with --live and an empty environment says what to set, and fails', async () => {
    const sdks = Object.keys(dependencies).filter(
      // A peer of the client for Bedrock, which is what the example calls.
      (sdk) => sdk !== '@anthropic-ai/sdk' || !('@anthropic-ai/bedrock-sdk' in dependencies),
    );
    const { exitCode, stdout, stderr } = await runMain(new URL('main.ts', folder), { args: ['--live'] });
    const [headline, ...missing] = stderr.trimEnd().split('\n');
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(headline).toMatch(/^--live calls .* and Pay-i, and needs:$/);
    expect(missing.map((line) => line.trim().replace(/: .*/, ': ')).sort()).toEqual(
      ['PAYI_API_KEY: ', ...sdks.flatMap((sdk) => needs[sdk] ?? [])].sort(),
    );
  });

  it('is private, starts by itself and is described', () => {
    expect(manifest).toMatchObject({
      name: `@payi-examples/${name}`,
      private: true,
      scripts: { start: 'node main.ts' },
    });
    expect(existsSync(new URL('main.ts', folder))).toBe(true);
    expect(read('README.md')).toMatch(name === 'quickstart' ? /npm start -- --live/ : /start --live/);
    expect(read('../README.md')).toContain(`](${name})`);
  });
});
