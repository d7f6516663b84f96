import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { diagnoseModule, keyForTests } from './run-doctor.ts';

describe('a Bedrock client', () => {
  it('shows what would be sent, what is signed and what arrives, of answers and of streams', async () => {
    for (const operation of ['InvokeModelWithResponseStream', 'Converse']) {
      const { exitCode, report } = await diagnoseModule('bedrock-options.ts', [
        ...[
          '--export',
          'ownSettings',
          '--operation',
          operation,
          '--model',
          'anthropic.claude-3-haiku-20240307-v1:0',
        ],
        ...['--annotations', '{"userId":"u-42","limitIds":["team_a"]}'],
      ]);
      expect(report.dryRun).toMatchObject({
        operation,
        annotations: { userId: 'u-42', limitIds: ['team_a'] },
        isExample: false,
        request: {
          method: 'POST',
          url: expect.stringMatching(
            /^https:\/\/gateway\.example\/payi\/api\/v1\/proxy\/aws\.bedrock\/model\/anthropic\.claude-3-haiku-20240307-v1%3A0\/(invoke|converse)/,
          ),
          headers: {
            'xProxy-Api-Key': '…',
            'xProxy-Provider-BaseUri': 'https://bedrock-runtime.eu-central-1.amazonaws.com',
            'xProxy-User-ID': 'u-42',
          },
        },
        arrived: {
          at: 'pay-i',
          annotations: { userId: 'u-42', limitIds: ['team_a'] },
          signature: 'valid',
          payiHeadersAtProvider: [],
        },
        receipt: { outcome: 'complete', operation, units: { text: { input: 12, output: 8 } } },
      });
      expect(report.dryRun?.request?.signedHeaders).toEqual(
        expect.arrayContaining(['content-type', 'host', 'x-amz-date']),
      );
      expect(report.dryRun?.request?.signedHeaders.join()).not.toContain('xproxy');
      expect(report.settings).toMatchObject({
        apiKey: { source: 'client' },
        baseUrl: { value: 'https://gateway.example/payi', source: 'client' },
      });
      expect(exitCode).toBe(0);
    }
  });

  it('shows its middleware in the order of a call, and whose it is', async () => {
    const { report } = await diagnoseModule('bedrock-middleware.ts', ['--export', 'signingClient']);
    const order = report.client?.middleware ?? [];
    const indexOf = (wanted: string): number => order.findIndex(({ name }) => name === wanted);
    expect(order[indexOf('ownHeaders')]).toMatchObject({ owner: 'application' });
    expect(order[indexOf('payiCallMiddleware')]).toMatchObject({ owner: 'payi', step: 'initialize' });
    expect(order[indexOf('loggerMiddleware')]).toMatchObject({ owner: 'sdk' });
    const signer = order.findIndex(({ isSigner }) => isSigner);
    expect(order[signer]?.name).toBe('httpSigningMiddleware');
    expect(indexOf('ownHeaders')).toBeLessThan(signer);
    expect(indexOf('payiAttemptMiddleware')).toBeGreaterThan(signer);
    expect(report.client?.requestHandler).toEqual({ name: 'NodeHttp2Handler', protocol: 'h2' });
  });

  it('is told when its own middleware has annotations signed, takes them off, or breaks the signature', async () => {
    const signing = await diagnoseModule('bedrock-middleware.ts', ['--export', 'signingClient']);
    expect(signing.finding('ANNOTATIONS_SIGNED')).toMatchObject({
      level: 'error',
      message: expect.stringContaining('xproxy-user-id'),
    });
    expect(signing.finding('SIGNATURE_INVALID')?.message).toContain('xproxy-user-id is missing');

    const stripping = await diagnoseModule('bedrock-middleware.ts', ['--export', 'strippingClient']);
    expect(stripping.finding('ANNOTATIONS_LOST')?.message).toMatch(/arrive: userId$/);
    expect(stripping.finding('MIDDLEWARE_BEHIND_PAYI')?.message).toContain('headerFilter');

    const breaking = await diagnoseModule('bedrock-middleware.ts', ['--export', 'breakingClient']);
    expect(breaking.finding('SIGNATURE_INVALID')?.fix).toContain('behind the signer');
    expect([signing, stripping, breaking].map(({ exitCode }) => exitCode)).toEqual([1, 1, 1]);
  });

  it('of the oldest SDK is signed with throwaway credentials too', async () => {
    const { exitCode, report } = await diagnoseModule('bedrock-options.ts', ['--export', 'oldest']);
    expect(report.dryRun?.arrived).toMatchObject({ at: 'pay-i', signature: 'valid' });
    expect(exitCode).toBe(0);
  });

  it('with a bearer token shows the scheme and nothing signed', async () => {
    const { report, stdout } = await diagnoseModule('bedrock-headers.ts', [], {
      AWS_BEARER_TOKEN_BEDROCK: 'bedrock-bearer-token-1',
    });
    expect(report.dryRun?.request).toMatchObject({
      headers: { Authorization: 'Bearer …' },
      signedHeaders: [],
    });
    expect(report.dryRun?.arrived?.signature).toBe('none');
    expect(stdout).not.toContain('bedrock-bearer-token-1');
  });

  it('on route headers goes to its gateway, and needs no key', async () => {
    const { exitCode, report } = await diagnoseModule('bedrock-options.ts', ['--export', 'gateway'], {
      PAYI_API_KEY: '',
    });
    expect(report.dryRun).toMatchObject({
      request: { url: 'https://gateway.example/bedrock/model/amazon.nova-lite-v1%3A0/converse' },
      arrived: {
        at: 'provider',
        annotations: { userId: 'payi-doctor', useCaseName: 'payi_doctor' },
        signature: 'unchecked',
      },
    });
    expect(exitCode).toBe(0);
  });

  it('that is pointed at Pay-i itself is refused with the fix', async () => {
    const { exitCode, finding } = await diagnoseModule('bedrock-options.ts', ['--export', 'pointedAtPayi']);
    expect(finding('CONFIGURATION')?.message).toContain("remove the client's endpoint option");
    expect(exitCode).toBe(1);
  });

  it('with a journal of the application is not rehearsed', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'payi-doctor-'));
    const journal = join(directory, 'journal');
    const { finding, report } = await diagnoseModule('bedrock-options.ts', ['--export', 'withJournal'], {
      TEST_JOURNAL: journal,
    });
    expect(finding('DRY_RUN_SKIPPED')?.level).toBe('warning');
    expect(report.dryRun).toBeUndefined();
    const written = existsSync(journal) ? readdirSync(journal, { recursive: true }) : [];
    expect(written.filter((file) => String(file).endsWith('.ndjson'))).toEqual([]);
  });

  it('without a region is told so, and rehearsed all the same', async () => {
    const { finding, report } = await diagnoseModule('bedrock-options.ts', ['--export', 'withoutRegion']);
    expect(finding('NO_REGION')?.fix).toContain('AWS_REGION');
    expect(report.dryRun?.arrived?.signature).toBe('valid');
  });

  it('is found in a CommonJS module, and in a default export that makes it', async () => {
    const commonjs = await diagnoseModule('commonjs.cjs');
    expect(commonjs.report.client).toMatchObject({
      exportName: 'client',
      operations: { registered: ['ConverseStream'] },
    });
    expect(commonjs.exitCode).toBe(0);
    const both = await diagnoseModule('both-formats.mjs');
    expect(both.report.client?.exportName).toBe('default');
    expect(both.finding('TWO_FORMATS')).toMatchObject({
      level: 'warning',
      fix: expect.stringContaining('isPayiError()'),
    });
    expect(both.exitCode).toBe(0);
  });

  it('with an operation that the SDK does not know is told so', async () => {
    const { finding } = await diagnoseModule('bedrock-headers.ts', ['--operation', 'Summarise']);
    expect(finding('DRY_RUN_FAILED')?.message).toContain('has no SummariseCommand');
  });
});

describe('clients over fetch', () => {
  it.each([
    ['openai', 'https://api.pay-i.com/api/v1/proxy/openai/v1/chat/completions', 'system.openai'],
    [
      'azure',
      'https://api.pay-i.com/api/v1/proxy/azure.openai/openai/deployments/chat/chat/completions?api-version=2024-10-21',
      'system.azureopenai',
    ],
    ['anthropic', 'https://api.pay-i.com/api/v1/proxy/anthropic/v1/messages', 'system.anthropic'],
  ])('%s goes by Pay-i, annotated', async (name, url, category) => {
    const { exitCode, report, stdout } = await diagnoseModule('fetch-clients.ts', [
      '--export',
      name,
      '--headers',
      'headers',
    ]);
    expect(report.dryRun).toMatchObject({
      request: { url, headers: { 'xproxy-api-key': '…', 'xproxy-user-id': 'u-42' } },
      arrived: { at: 'pay-i', annotations: { userId: 'u-42' }, payiHeadersAtProvider: [] },
      receipt: { category, outcome: 'complete', units: { text: { input: 12, output: 8 } } },
    });
    expect(stdout).not.toContain('a-key-of-the-provider');
    expect(exitCode).toBe(0);
  });

  it('of Anthropic on Bedrock is signed with throwaway credentials', async () => {
    const { exitCode, report } = await diagnoseModule('anthropic-on-bedrock.ts');
    expect(report.dryRun?.arrived).toMatchObject({ at: 'pay-i', signature: 'valid' });
    expect(report.dryRun?.request?.headers.authorization).toBe(
      'AWS4-HMAC-SHA256 Credential=…, SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date, Signature=…',
    );
    expect(exitCode).toBe(0);
  });

  it('on route direct reports annotations to Pay-i, and the provider sees none', async () => {
    const { exitCode, report } = await diagnoseModule('fetch-clients.ts', ['--export', 'direct']);
    expect(report.dryRun).toMatchObject({
      request: { url: 'https://api.openai.com/v1/chat/completions' },
      arrived: {
        at: 'provider',
        payiHeaders: [],
        payiHeadersAtProvider: [],
        annotations: { userId: 'payi-doctor', useCaseName: 'payi_doctor' },
      },
    });
    expect(exitCode).toBe(0);
  });

  it('without Pay-i is told that annotations reach the provider', async () => {
    const { exitCode, finding, report } = await diagnoseModule('openai-two-clients.ts', [
      ...['--export', 'bare', '--operation', 'Converse'],
    ]);
    expect(finding('OPTION_IGNORED')?.level).toBe('warning');
    expect(finding('CLIENT_WITHOUT_PAYI')?.fix).toContain('withPayi(new OpenAI())');
    expect(finding('ANNOTATIONS_AT_PROVIDER')?.level).toBe('error');
    expect(report.dryRun?.arrived?.payiHeadersAtProvider).toEqual(['xproxy-usecase-name', 'xproxy-user-id']);
    expect(exitCode).toBe(1);
  });

  it('is the one with Pay-i where a module has two', async () => {
    const { finding, report } = await diagnoseModule('openai-two-clients.ts');
    expect(report.client).toMatchObject({ exportName: 'default', route: 'proxy' });
    expect(finding('MORE_CLIENTS')?.message).toContain('not at bare');
  });

  it('pointed at Pay-i by hand, without a key, is told what is missing', async () => {
    const { finding, report } = await diagnoseModule('fetch-clients.ts', ['--export', 'byHand']);
    expect(report.dryRun?.arrived?.at).toBe('pay-i');
    expect(finding('NO_KEY_SENT')?.fix).toContain('xProxy-Api-Key');
  });

  it('given annotations in the place of headers is told so', async () => {
    const { finding } = await diagnoseModule('fetch-clients.ts', [
      '--export',
      'openai',
      '--headers',
      'annotations',
    ]);
    expect(finding('INVALID_ANNOTATION')?.fix).toContain('createHeaders({ userId })');
  });
});

it('prints no key, token or signature', async () => {
  const environment = {
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret-of-the-environment',
    AWS_SESSION_TOKEN: 'token-of-the-environment',
    OPENAI_API_KEY: 'sk-key-of-the-environment',
  };
  const { stdout, stderr, report } = await diagnoseModule(
    'bedrock-options.ts',
    ['--export', 'ownSettings'],
    environment,
  );
  expect(report.dryRun?.request?.headers['x-amz-security-token']).toBeUndefined();
  for (const secret of [
    ...Object.values(environment),
    keyForTests,
    'own-application-key',
    'very-secret-access-key',
    'a-session-token',
  ]) {
    expect(stdout + stderr).not.toContain(secret);
  }
  expect(stdout).not.toMatch(/Signature=[0-9a-f]/);
  expect(stdout).not.toMatch(/Credential=A/);
});
