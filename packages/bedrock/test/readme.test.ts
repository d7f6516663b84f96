import { readFileSync } from 'node:fs';
import { startBedrock, startPayi } from '@payi/testkit';
import { expect, it, vi } from 'vitest';

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
  // The example imports by package name: run it as a module beside this one, where those names resolve.
  const module = code.replace(/import \{ (.*) \} from '(.*)';/g, "const { $1 } = await import('$2');");
  const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor as new (
    name: string,
    body: string,
  ) => (load: (name: string) => Promise<unknown>) => Promise<void>;
  await new AsyncFunction('load', module.replaceAll('await import(', 'await load('))(
    (name) =>
      ({
        '@aws-sdk/client-bedrock-runtime': () => import('@aws-sdk/client-bedrock-runtime'),
        '@payi/bedrock': () => import('../src/index.ts'),
        '@payi/core': () => import('@payi/core'),
      })[name]?.() as Promise<unknown>,
  );
  expect(payi.ledger[0]).toMatchObject({
    outcome: 'ok',
    annotations: { useCaseName: 'greeting', userId: 'u-42', limitIds: ['aws_budget'] },
  });
  expect(log).toHaveBeenCalledWith(expect.stringContaining('Hello'));
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});
