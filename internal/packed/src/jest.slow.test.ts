import { execFile } from 'node:child_process';
import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { transform } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, providers, startBackend } from './annotated-calls.ts';
import { type Consumer, createConsumer } from './consumer.ts';

const run = promisify(execFile);

// Installed here, because it would bring a third of all packages to everybody who runs `npm test`.
const version = '30.5.2';

describe(`Jest ${version}, with the packed packages`, () => {
  let consumer: Consumer;
  let backend: Backend;
  let directory: string;
  beforeAll(async () => {
    directory = await realpath(await mkdtemp(join(tmpdir(), 'payi-jest-')));
    await writeFile(join(directory, 'package.json'), '{"private":true}');
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
    [consumer, backend] = await Promise.all([
      createConsumer(),
      startBackend(),
      run('npm', ['install', ...quiet, `jest@${version}`], { cwd: directory }),
    ]);
  }, 300_000);
  afterAll(() =>
    Promise.all([rm(directory, { recursive: true, force: true }), consumer?.remove(), backend?.close()]),
  );

  /** @param options - Of Node.js. @returns The results that Jest wrote. */
  async function runJest(file: string, options: readonly string[]): Promise<object> {
    const output = join(consumer.directory, `${file}.json`);
    const jest = join(directory, 'node_modules/jest/bin/jest.js');
    const config = JSON.stringify({ rootDir: join(consumer.directory, 'jest') });
    const parameters = ['--config', config, '--ci', '--json', '--outputFile', output, file];
    const environment = { ...backend.directEnvironment, accountName: file };
    await run(process.execPath, [...options, jest, ...parameters], {
      cwd: consumer.directory,
      env: environment,
    }).catch(() => {
      // It has failed tests, which its results tell.
    });
    const results = JSON.parse(await readFile(output, 'utf8')) as {
      testResults: { assertionResults: { title: string; failureMessages: string[] }[]; message: string }[];
    };
    return results.testResults.flatMap(({ assertionResults, message }) =>
      assertionResults.length === 0
        ? [message]
        : assertionResults.map(({ title, failureMessages }) => [title, ...failureMessages].join('\n')),
    );
  }

  const titles = providers.flatMap((provider) => [
    `a call of ${provider} is delivered`,
    `a call of ${provider} is delivered, with a journal`,
  ]);

  it('delivers the calls of CommonJS modules, as it runs by default', async () => {
    const source = join(consumer.directory, 'jest/direct-calls.test.mjs');
    const { code } = await transform(await readFile(source, 'utf8'), { format: 'cjs', platform: 'node' });
    const file = 'required.test.js';
    await writeFile(join(consumer.directory, 'jest', file), code);
    expect(await runJest(file, [])).toEqual(titles);
    expect(backend.deliveredFrom(file)).toEqual(providers.flatMap((provider) => [provider, provider]));
  });

  it('delivers the calls of ECMAScript modules, with --experimental-vm-modules', async () => {
    const file = 'direct-calls.test.mjs';
    expect(await runJest(file, ['--experimental-vm-modules', '--no-warnings'])).toEqual(titles);
    expect(backend.deliveredFrom(file)).toEqual(providers.flatMap((provider) => [provider, provider]));
  });
});
