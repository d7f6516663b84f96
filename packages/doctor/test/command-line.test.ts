import { startPayi } from '@payi/testkit';
import { describe, expect, it } from 'vitest';
import type { DoctorReport } from '../src/index.ts';
import { keyForTests, runDoctor } from './run-doctor.ts';

const withKey = { PAYI_API_KEY: keyForTests };

describe('payi-doctor', () => {
  it.each([
    [['--no-such-option'], '--no-such-option'],
    [['a.ts', 'b.ts'], 'one module at a time'],
    [['--operation', 'Converse'], '--operation needs a module'],
    [['a.ts', '--annotations', '[1]'], 'must be a JSON object'],
    [['a.ts', '--annotations', '{}', '--headers', 'headers'], 'give one of them'],
    [['--timeout', 'soon'], '--timeout must be seconds'],
    [['--use-case', ' '], '--use-case needs a name'],
  ])('refuses %j with exit code 2', async (args, problem) => {
    const { exitCode, stdout, stderr } = await runDoctor(args);
    expect(stderr).toContain(problem);
    expect(stderr).toContain('Exit code: 0 no errors found');
    expect(stdout).toBe('');
    expect(exitCode).toBe(2);
  });

  it('shows its usage and its version', async () => {
    expect(await runDoctor(['--help'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^payi-doctor \[module]/),
    });
    expect(await runDoctor(['-v'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });

  it('prints a report that ends with findings and fixes, without colour where nobody looks', async () => {
    const { exitCode, stdout, stderr } = await runDoctor(['--offline']);
    expect(stdout).toContain('✖ error NO_API_KEY: there is no Pay-i application key');
    expect(stdout).toMatch(/\n {4}Fix: Set PAYI_API_KEY to an application key .*\n/);
    expect(stdout).toMatch(/\n1 error, 1 warning\.\n$/);
    expect(stdout).not.toContain('\u001b');
    expect(stderr).toBe('');
    expect(exitCode).toBe(1);
  });

  it('prints all sections of a client for people', async () => {
    const { exitCode, stdout } = await runDoctor(
      ['modules/bedrock-headers.ts', '--headers', 'headers', '--offline', '--timeout', '60'],
      withKey,
    );
    for (const line of [
      'key       from PAYI_API_KEY',
      'base URL  https://api.pay-i.com (the default)',
      'registered      InvokeModel',
      'not registered  InvokeModelWithResponseStream, Converse, ConverseStream',
      'POST https://api.pay-i.com/api/v1/proxy/aws.bedrock/model/amazon.nova-lite-v1%3A0/invoke',
      'arrived at Pay-i: ',
      'AWS signature at the provider: valid',
      'receipt: complete, system.aws.bedrock amazon.nova-lite-v1:0',
      'team_a',
      'How they stand could not be asked',
      '▲ warning DEFAULT_BASE_URL: the base URL is the default',
      '0 errors, 1 warning.',
    ]) {
      expect(stdout).toContain(line);
    }
    expect(stdout).toMatch(/httpSigningMiddleware +finalizeRequest +── signs ──/);
    expect(stdout).toMatch(/\n +signed +host +\(put back behind Pay-i\)\n/);
    expect(stdout).toMatch(/\n {12}xProxy-User-ID +u-42\n/);
    expect(stdout).not.toContain(keyForTests);
    expect(exitCode).toBe(0);
  });

  it('asks Pay-i about key and limits, and has nothing recorded there', async () => {
    await using payi = await startPayi({
      limits: [
        { id: 'team_a', max: 10, type: 'block' },
        { id: 'team_b', max: 0, type: 'block' },
      ],
    });
    const { exitCode, stdout } = await runDoctor(
      ['modules/bedrock-headers.ts', '--headers', 'headers', '--json', '--timeout', '60'],
      { PAYI_API_KEY: payi.apiKey, PAYI_BASE_URL: payi.url },
    );
    const { connection, dryRun, findings, limits } = JSON.parse(stdout) as DoctorReport;
    expect(dryRun?.arrived?.at).toBe('pay-i');
    expect(connection).toMatchObject({ url: payi.url, status: 200 });
    expect(limits).toMatchObject([
      { id: 'team_a', live: { type: 'block', max: 10, spent: 0 } },
      { id: 'team_b', live: { type: 'block', max: 0, spent: 0 } },
    ]);
    expect(findings.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['LIMIT_REACHED', 'KEY_ACCEPTED', 'ANNOTATIONS_ARRIVE', 'LIMIT']),
    );
    expect(payi.requests.map(({ method }) => method)).toEqual(['GET', 'GET', 'GET', 'GET']);
    expect(payi.ledger).toEqual([]);
    expect(stdout).not.toContain(payi.apiKey);
    expect(exitCode).toBe(1);
  });

  it('says which limits and use cases exist, of the module and of its own options', async () => {
    await using payi = await startPayi({
      createUseCases: false,
      createLimits: false,
      limits: [{ id: 'team_a', max: 10 }],
    });
    const environment = { PAYI_API_KEY: payi.apiKey, PAYI_BASE_URL: payi.url };
    const created = await fetch(`${payi.url}/api/v1/use_cases/definitions`, {
      method: 'POST',
      headers: { 'xproxy-api-key': payi.apiKey },
      body: JSON.stringify({ name: 'search', description: 'Searches' }),
    });
    expect(created.ok).toBe(true);
    const { exitCode, stdout } = await runDoctor(
      ['--limit', 'team_a', '--limit', 'gone', '--use-case', 'search', '--use-case', 'chat', '--json'],
      environment,
    );
    const { findings, limits, useCases } = JSON.parse(stdout) as DoctorReport;
    expect(limits).toMatchObject([{ id: 'team_a', live: { max: 10 } }, { id: 'gone' }]);
    expect(useCases).toEqual([
      { name: 'search', exists: true },
      { name: 'chat', exists: false },
    ]);
    expect(findings).toEqual(
      expect.arrayContaining([
        { level: 'ok', code: 'USE_CASE', message: 'use case search exists' },
        expect.objectContaining({ level: 'error', code: 'USE_CASE_UNKNOWN', fix: expect.any(String) }),
        expect.objectContaining({ level: 'error', code: 'LIMIT_UNKNOWN', fix: expect.any(String) }),
      ]),
    );
    expect(exitCode).toBe(1);

    const text = await runDoctor(['--limit', 'team_a', '--use-case', 'search'], environment);
    expect(text.stdout).toContain('Use cases\n  search: exists\n');
    expect(text.stdout).toContain('Limits\n  team_a (team_a): block');
    const offline = await runDoctor(['--use-case', 'search', '--offline'], environment);
    expect(offline.stdout).toContain('search: could not be asked for');
  });
});
