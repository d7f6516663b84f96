import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { type BedrockOperation, registerBedrockClientCallbacks } from '@payi/bedrock';
import {
  type Annotations,
  createHeaders,
  createPayi,
  type Diagnostic,
  type PayiOptions,
  type Receipt,
  whenSettled,
} from '@payi/core';
import { openJournal } from '@payi/core/journal';
import { listen } from '@payi/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { runDoctor } from '../../../packages/doctor/test/run-doctor.ts';
import { everySecret, quotedSecrets, secretsIn } from '../../testing/secrets.ts';
import { loadSdks } from '../src/sdks.ts';
import { errorOf } from '../src/stage.ts';
import { surfaces } from '../src/surfaces.ts';

const sdks = await loadSdks();
const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret', bearerToken: 'token' };

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'payi-secrets-'));
  closing.push(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** What a program can print. */
const printed = (value: unknown): string =>
  inspect(value, { depth: 12, maxArrayLength: null, maxStringLength: null });

/** A provider that refuses every call, and quotes secrets in all that it says. */
async function startTalkativeProvider(): Promise<string> {
  const error = { type: 'invalid_request_error', code: everySecret, message: everySecret };
  const body = JSON.stringify({ type: 'error', message: everySecret, error, password: 'hunter2hunter2' });
  const server = await listen(async (request, response) => {
    for await (const _ of request);
    response.writeHead(400, {
      'content-type': 'application/json',
      'x-amzn-errortype': 'ValidationException',
      'set-cookie': 'sid=s%3Aabcdefgh.ijkl',
      ...Object.fromEntries(
        quotedSecrets.map(({ text }, index) => [`x-quoted-${index}`, text.replaceAll('\n', ' ')]),
      ),
    });
    response.end(body);
  });
  closing.push(() => server.close());
  return server.url;
}

interface Heard {
  readonly receipt: Receipt;
  /** Everything else that came out of the packages. */
  readonly texts: string[];
}

/** One call that is refused, on route `direct` with everything captured. */
async function call(surface: (typeof surfaces)[number], options: PayiOptions): Promise<Heard> {
  const texts: string[] = [];
  const hear = (value: unknown): void => void texts.push(printed(value));
  const payi = createPayi({
    apiKey: 'payi-key-of-this-test',
    baseUrl: 'http://127.0.0.1:9',
    route: 'direct',
    capture: true,
    onReceipt: hear,
    onDiagnostic: hear,
    ...options,
  });
  closing.push(() => payi.close({ timeoutMs: 0 }));
  const to = { url: await startTalkativeProvider(), credentials };
  const callbacks = { onRequest: hear, onResponse: hear };
  const { send, close } = surface.connect(sdks, { payi, ...callbacks }, to);
  closing.push(close);
  const error = await errorOf(
    send({ question: everySecret, headers: { 'x-upstream': `Bearer ${'a1'.repeat(20)}` } }),
  );
  const receipt = await new Promise<Receipt>((resolve) => {
    void whenSettled(error).then(resolve);
    void payi.close({ timeoutMs: 200 });
  });
  return { receipt, texts };
}

// A stream is refused in the same way.
describe.each(surfaces.filter(({ isStream }) => !isStream))('$name', (surface) => {
  it('no secret is in a receipt, in what callbacks get, or in an offline line', async () => {
    const lines: string[] = [];
    const { receipt, texts } = await call(surface, {
      delivery: { offline: (written) => void lines.push(...written) },
    });
    expect(receipt.properties['system.failure.description']).toContain('<not_instrumented>');
    expect(secretsIn(printed(receipt))).toEqual([]);
    expect(texts.length).toBeGreaterThanOrEqual(3);
    expect(secretsIn(texts.join('\n'))).toEqual([]);
    const [line = ''] = lines;
    expect(Object.keys(JSON.parse(line))).toEqual(
      expect.arrayContaining([
        'provider_request_json',
        'provider_response_json',
        'provider_response_headers',
      ]),
    );
    expect(secretsIn(line)).toEqual([]);
    expect(line).not.toContain('hunter2');
  });

  it('no secret is in a journal', async () => {
    const folder = temporaryFolder();
    const { texts } = await call(surface, { delivery: { journal: openJournal(folder), minRetryMs: 1 } });
    const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'));
    expect(files.join('')).toContain('provider_response_json');
    expect(secretsIn(files.join(''))).toEqual([]);
    expect(secretsIn(texts.join('\n'))).toEqual([]);
  });

  it('no secret is in a diagnostic about a function of the application', async () => {
    const fail = (): never => {
      throw new Error(everySecret, { cause: new Error(everySecret) });
    };
    const diagnostics: Diagnostic[] = [];
    const onDiagnostic = (diagnostic: Diagnostic): void => void diagnostics.push(diagnostic);
    const capture = { answers: true, redact: fail };
    await call(surface, { capture, onReceipt: fail, onDiagnostic, delivery: { offline: fail } });
    const codes = diagnostics.map(({ code }) => code);
    expect(codes.sort()).toEqual(['CALLBACK_FAILED', 'CALLBACK_FAILED', 'DELIVERY_FAILED']);
    expect(printed(diagnostics)).toContain('<not_instrumented>');
    expect(secretsIn(printed(diagnostics))).toEqual([]);
  });
});

it('no secret is in an error, or in a diagnostic about an option', () => {
  const heard: unknown[] = [];
  const client = new sdks.bedrock.BedrockRuntimeClient({ region: 'us-east-1', credentials });
  const wrong = everySecret as never;
  const attempts: (() => unknown)[] = [
    ...['userId', 'useCaseName', 'useCaseVersion', 'limitIds', 'requestProperties', 'priceAsResource'].map(
      (field) => () => createHeaders({ [field]: wrong } as Annotations),
    ),
    ...(['route', 'apiKey', 'baseUrl', 'capture', 'enabled', 'onUnavailable', 'onReceipt'] as const).map(
      (name) => () => createPayi({ [name]: wrong }),
    ),
    () => createPayi({ baseUrl: 'https://app:s3cr3tPassw0rd@payi.example' }),
    () => registerBedrockClientCallbacks(client, everySecret as BedrockOperation),
    () => createPayi({ [everySecret]: 1, onDiagnostic: (diagnostic) => heard.push(diagnostic) }),
  ];
  for (const attempt of attempts) {
    try {
      attempt();
    } catch (error) {
      heard.push(error);
    }
  }
  expect(heard).toHaveLength(attempts.length);
  expect(secretsIn(printed(heard))).toEqual([]);
});

it.each([['--json'], []])('no secret is in what the doctor prints (%s)', async (...flags) => {
  const file = join(temporaryFolder(), 'module.mjs');
  writeFileSync(
    file,
    `throw new Error(${JSON.stringify(everySecret)}, { cause: new Error(${JSON.stringify(everySecret)}) });`,
  );
  const { stdout, stderr } = await runDoctor([file, '--offline', '--timeout', '60', ...flags]);
  expect(stdout).toContain('IMPORT_FAILED');
  expect(secretsIn(stdout + stderr)).toEqual([]);
  const refused = await runDoctor([`--${everySecret}`]);
  expect(refused.exitCode).toBe(2);
  expect(secretsIn(refused.stdout + refused.stderr)).toEqual([]);
});
