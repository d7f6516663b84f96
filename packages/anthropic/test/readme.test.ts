import { readFileSync } from 'node:fs';
import * as anthropic from '@anthropic-ai/sdk';
import * as core from '@payi/core';
import { startPayi } from '@payi/testkit';
import { expect, it, vi } from 'vitest';
import * as adapter from '../src/index.ts';
import { startAnthropic } from './start-anthropic.ts';

const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor as new (
  parameter: string,
  body: string,
) => (argument: unknown) => Promise<void>;

it('the example of the README runs and arrives', async () => {
  await using provider = await startAnthropic();
  await using payi = await startPayi({ upstream: provider.url });
  for (const [name, value] of Object.entries({
    PAYI_API_KEY: payi.apiKey,
    PAYI_BASE_URL: payi.url,
    ANTHROPIC_API_KEY: 'sk-ant-test',
  })) {
    vi.stubEnv(name, value);
  }
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  // Its imports become look-ups among these modules, so that it runs against the sources.
  const modules: Record<string, unknown> = {
    '@anthropic-ai/sdk': anthropic,
    '@payi/anthropic': adapter,
    '@payi/core': core,
  };
  const body = code
    .replace(/import (\w+) from '(.*)';/g, "const { default: $1 } = modules['$2'];")
    .replace(/import \{ (.*) \} from '(.*)';/g, "const { $1 } = modules['$2'];");
  await new AsyncFunction('modules', body)(modules);
  expect(payi.ledger[0]).toMatchObject({
    outcome: 'ok',
    annotations: { useCaseName: 'greeting', userId: 'u-42', limitIds: ['claude_budget'] },
  });
  expect(log).toHaveBeenCalledWith(expect.anything(), payi.ledger[0]?.cost?.total.base);
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});
