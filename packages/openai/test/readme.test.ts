import { readFileSync } from 'node:fs';
import * as core from '@payi/core';
import { startPayi } from '@payi/testkit';
import * as openai from 'openai';
import { expect, it, vi } from 'vitest';
import * as adapter from '../src/index.ts';
import { completion } from './answers.ts';
import { startProvider } from './provider.ts';

const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor as new (
  parameter: string,
  body: string,
) => (argument: unknown) => Promise<void>;

it('the example of the README runs and arrives', async () => {
  const provider = await startProvider();
  provider.answerWith({ json: completion });
  await using payi = await startPayi({ upstream: provider.url });
  for (const [name, value] of Object.entries({
    PAYI_API_KEY: payi.apiKey,
    PAYI_BASE_URL: payi.url,
    OPENAI_API_KEY: 'sk-test',
  })) {
    vi.stubEnv(name, value);
  }
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  // Its imports become look-ups among these modules, so that it runs against the sources.
  const modules: Record<string, unknown> = { openai, '@payi/openai': adapter, '@payi/core': core };
  const body = code
    .replace(/import (\w+) from '(.*)';/g, "const { default: $1 } = modules['$2'];")
    .replace(/import \{ (.*) \} from '(.*)';/g, "const { $1 } = modules['$2'];");
  await new AsyncFunction('modules', body)(modules);
  expect(payi.ledger[0]).toMatchObject({
    outcome: 'ok',
    annotations: { useCaseName: 'greeting', userId: 'u-42', limitIds: ['gpt_budget'] },
  });
  expect(log).toHaveBeenCalledWith('Hi', payi.ledger[0]?.cost?.total.base);
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await provider.close();
});
