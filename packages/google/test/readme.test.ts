import { readFileSync } from 'node:fs';
import * as google from '@google/genai';
import * as core from '@payi/core';
import { startGoogle, startPayi } from '@payi/testkit';
import { expect, it, vi } from 'vitest';
import * as adapter from '../src/index.ts';

const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor as new (
  parameter: string,
  body: string,
) => (argument: unknown) => Promise<void>;

it('the example of the README runs and arrives', async () => {
  await using provider = await startGoogle({ answer: () => ({ text: 'Hi' }) });
  await using payi = await startPayi();
  for (const [name, value] of Object.entries({
    PAYI_API_KEY: payi.apiKey,
    PAYI_BASE_URL: payi.url,
    GEMINI_API_KEY: provider.apiKey,
    GOOGLE_GEMINI_BASE_URL: provider.url,
  })) {
    vi.stubEnv(name, value);
  }
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  // Its imports become look-ups among these modules, so that it runs against the sources.
  const modules: Record<string, unknown> = {
    '@google/genai': google,
    '@payi/google': adapter,
    '@payi/core': core,
  };
  const body = code.replace(/import \{ (.*) \} from '(.*)';/g, "const { $1 } = modules['$2'];");
  await new AsyncFunction('modules', body)(modules);
  expect(payi.ledger[0]).toMatchObject({
    outcome: 'ok',
    annotations: { useCaseName: 'greeting', userId: 'u-42' },
  });
  expect(log).toHaveBeenCalledWith('Hi', payi.ledger[0]?.cost?.total.base);
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});
