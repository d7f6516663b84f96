import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { diagnoseModule } from './run-doctor.ts';

describe('a module that', () => {
  it('throws when it is imported is a finding, without secrets in its message', async () => {
    const { exitCode, finding, stdout } = await diagnoseModule('throws.mjs');
    expect(finding('IMPORT_FAILED')).toMatchObject({
      level: 'error',
      message: expect.stringContaining('cannot start: bad password'),
      fix: expect.stringContaining('module of its own'),
    });
    expect(stdout).not.toContain('sk-abcdefghijklmnop');
    expect(exitCode).toBe(1);
  });

  it.each([
    ['waits.mjs', 'importing the module did not come to an end'],
    ['sleeps.mjs', 'importing the module did not come to an end'],
    ['spins.cjs', 'importing the module did not come to an end'],
  ])('never comes to an end (%s) is a finding', async (module, message) => {
    const { exitCode, finding } = await diagnoseModule(module, ['--timeout', '3']);
    expect(finding('MODULE_HANGS')).toMatchObject({
      level: 'error',
      message: expect.stringContaining(message),
    });
    expect(exitCode).toBe(1);
  });

  it('ends the process and prints to stdout is a finding, and does not spoil the JSON', async () => {
    const { exitCode, finding, stdout } = await diagnoseModule('exits.mjs');
    expect(finding('MODULE_ENDED_PROCESS')?.message).toContain('with exit code 0');
    expect(stdout).not.toContain('the report');
    expect(exitCode).toBe(1);
  });

  it('starts a program that goes on holds nobody up', async () => {
    const pidFile = join(mkdtempSync(join(tmpdir(), 'payi doctor ')), 'pid');
    const { exitCode, finding } = await diagnoseModule('starts-program.mjs', [], { TEST_PID_FILE: pidFile });
    // It would have gone on for ten minutes: this throws if it had ended.
    process.kill(Number(readFileSync(pidFile, 'utf8')));
    expect(finding('MODULE_HANGS')).toBeUndefined();
    expect(finding('MODULE_ENDED_PROCESS')).toBeUndefined();
    expect(exitCode).toBe(0);
  });

  it('exports something that throws when it is looked at is examined all the same', async () => {
    const { exitCode, report } = await diagnoseModule('late-settings.mjs');
    expect(report.dryRun?.arrived?.at).toBe('pay-i');
    expect(exitCode).toBe(0);
  });

  it('leaves rejections, timers and noise is examined all the same', async () => {
    const { exitCode, finding, report, stdout } = await diagnoseModule('rejects-later.mjs');
    expect(finding('MODULE_LEAKS_ERROR')).toMatchObject({
      level: 'warning',
      message: expect.stringContaining('nobody catches this'),
    });
    expect(report.dryRun?.arrived?.at).toBe('pay-i');
    expect(stdout).not.toContain('noise');
    expect(exitCode).toBe(0);
  });

  it('exports nothing is a finding', async () => {
    const { finding } = await diagnoseModule('nothing.mjs');
    expect(finding('NO_CLIENT')).toMatchObject({ message: expect.stringContaining('it exports nothing') });
  });

  it('exports other things is a finding that lists them, and calls none of them', async () => {
    const { exitCode, finding } = await diagnoseModule('no-clients.mjs', ['--export', 'answer']);
    expect(finding('NO_CLIENT')?.message).toContain('answer, ');
    expect(exitCode).toBe(1);
    const whole = await diagnoseModule('no-clients.mjs');
    expect(whole.finding('UNSUPPORTED_CLIENT')?.message).toContain('AWS service Bedrock,');
  });

  it('exports a function that fails is a finding', async () => {
    const { finding } = await diagnoseModule('no-clients.mjs', ['--export', 'failing']);
    expect(finding('CLIENT_FAILED')?.message).toContain('TypeError: no database');
  });

  it.each(['missing.ts', '.'])('is not there, or is no file (%s), is a finding', async (module) => {
    const { exitCode, finding } = await diagnoseModule(module);
    expect(finding('NO_MODULE')?.level).toBe('error');
    expect(exitCode).toBe(1);
  });

  it('needs more than types taken off, or a package that is not there, is told of loaders', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'payi doctor '));
    const enumModule = join(directory, 'enum.ts');
    writeFileSync(enumModule, 'enum Color { Red }\nexport default Color;\n');
    const missing = join(directory, 'missing.ts');
    writeFileSync(missing, "import 'payi-doctor-no-such-package';\n");
    const ofEnum = await diagnoseModule(enumModule);
    expect(ofEnum.finding('IMPORT_FAILED')?.fix).toContain("NODE_OPTIONS='--import tsx'");
    const ofMissing = await diagnoseModule(missing);
    expect(ofMissing.finding('IMPORT_FAILED')?.fix).toContain('Install what is missing');
  });

  it.each([
    ['client.ts', "import 'node:fs';"],
    ['client.js', 'export const client = 1;'],
  ])('is CommonJS by its package.json and written as ESM (%s) is told so', async (name, source) => {
    const directory = mkdtempSync(join(tmpdir(), 'payi doctor '));
    writeFileSync(join(directory, 'package.json'), '{ "type": "commonjs" }\n');
    writeFileSync(join(directory, name), `${source}\n`);
    const { finding } = await diagnoseModule(join(directory, name));
    expect(finding('IMPORT_FAILED')?.fix).toMatch(/\.mts .*"type": "module"/);
    expect(finding('IMPORT_FAILED')?.fix).not.toContain('tsx');
  });

  it('is not told of loaders for JavaScript that cannot be parsed', async () => {
    const broken = join(mkdtempSync(join(tmpdir(), 'payi doctor ')), 'broken.mjs');
    writeFileSync(broken, 'export const client = ;\n');
    const { finding } = await diagnoseModule(broken);
    expect(finding('IMPORT_FAILED')?.message).toContain('SyntaxError');
    expect(finding('IMPORT_FAILED')?.fix).toContain('Import the same file with node to see the whole error');
  });
});
