import { readFileSync } from 'node:fs';
import * as aws from '@aws-sdk/client-bedrock-runtime';
import * as core from '@payi/core';
import { startBedrock, startPayi } from '@payi/testkit';
import { expect, it, vi } from 'vitest';
import * as adapter from '../src/index.ts';

const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor as new (
  parameter: string,
  body: string,
) => (argument: unknown) => Promise<void>;

it('the example of the README runs and arrives', async () => {
  await using bedrock = await startBedrock({ region: 'eu-west-1' });
  await using payi = await startPayi({ upstream: bedrock.url });
  for (const [name, value] of Object.entries({
    PAYI_API_KEY: payi.apiKey,
    PAYI_BASE_URL: payi.url,
    AWS_REGION: bedrock.region,
    AWS_ACCESS_KEY_ID: bedrock.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: bedrock.credentials.secretAccessKey,
  })) {
    vi.stubEnv(name, value);
  }
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  // Its imports become look-ups among these modules, so that it runs against the sources.
  const modules: Record<string, unknown> = {
    '@aws-sdk/client-bedrock-runtime': aws,
    '@payi/bedrock': adapter,
    '@payi/core': core,
  };
  const body = code.replace(/import \{ (.*) \} from '(.*)';/g, "const { $1 } = modules['$2'];");
  await new AsyncFunction('modules', body)(modules);
  expect(payi.ledger[0]).toMatchObject({
    outcome: 'ok',
    annotations: { useCaseName: 'greeting', userId: 'u-42', limitIds: ['aws_budget'] },
  });
  expect(log).toHaveBeenCalledWith(expect.stringContaining('Hello'));
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});
