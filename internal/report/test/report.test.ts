import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createPayi } from '@payi/core';
import { track } from '@payi/core/context';
import { ndjsonFile, openJournal } from '@payi/core/journal';
import { withPayi } from '@payi/openai';
import { startPayi } from '@payi/testkit';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { createManagement } from '../../../packages/management/src/index.ts';
import { callOfLine } from '../../../packages/report/src/call.ts';
import { csvLine } from '../../../packages/report/src/csv.ts';
import { renderPage } from '../../../packages/report/src/page.ts';
import { Groups, Tally } from '../../../packages/report/src/tally.ts';

const run = promisify(execFile);
const bin = join(import.meta.dirname, '../../../packages/report/src/bin.ts');

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function report(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> {
  try {
    const flags = ['--no-warnings', '--experimental-strip-types'];
    const ran = await run(process.execPath, [...flags, bin, ...args], { env: { ...process.env, ...env } });
    return { code: 0, ...ran };
  } catch (error) {
    return error as Ran;
  }
}

function folder(): string {
  return mkdtempSync(join(tmpdir(), 'payi-report-'));
}

function event(members: object): string {
  return JSON.stringify({
    category: 'system.openai',
    resource: 'gpt-4o',
    units: { text: { input: 1_000_000, output: 100_000 } },
    event_timestamp: '2026-11-03T04:05:06.000Z',
    http_status_code: 200,
    provider_response_id: 'a',
    ...members,
  });
}

function answer(): Promise<Response> {
  const usage = { prompt_tokens: 1000, completion_tokens: 10, total_tokens: 1010 };
  const message = { role: 'assistant', content: 'Hi' };
  return Promise.resolve(
    Response.json({ id: `c-${Math.random()}`, model: 'gpt-4o', choices: [{ index: 0, message }], usage }),
  );
}

async function callsInto(delivery: NonNullable<Parameters<typeof createPayi>[0]>['delivery']): Promise<void> {
  const payi = createPayi({
    route: 'direct',
    apiKey: 'k',
    baseUrl: 'http://127.0.0.1:1',
    delivery,
    onDiagnostic: () => {},
  });
  const openai = withPayi(new OpenAI({ apiKey: 'k', fetch: answer }), { payi });
  for (const userId of ['ann', 'bob', 'ann']) {
    await track({ useCaseName: 'chat', userId }, () =>
      openai.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Hi' }] }),
    );
  }
  await payi.close({ timeoutMs: 100 });
}

describe('payi-report', () => {
  it('reads what offline mode wrote: a table, a CSV by user, a page and FOCUS', async () => {
    const dir = folder();
    const file = join(dir, 'usage.ndjson');
    await callsInto({ offline: ndjsonFile(file) });
    const outputs = [
      '--html',
      join(dir, 'o.html'),
      '--csv',
      join(dir, 'o.csv'),
      '--focus',
      join(dir, 'f.csv'),
    ];
    const { code, stdout, stderr } = await report([file, '--by', 'user,useCase', ...outputs]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/ann +chat +2 +0 +0 +0 +0 +2000 +20 +0\.0052/);
    expect(stdout).toContain(
      '3 calls, 0.0078 USD. Costs are estimates by the price list @pydantic/genai-prices',
    );
    expect(readFileSync(join(dir, 'o.csv'), 'utf8')).toBe(
      'user,use case,calls,blocked,failed,unpriced,estimated,input tokens,output tokens,cost (USD)\r\n' +
        'ann,chat,2,0,0,0,0,2000,20,0.0052\r\n' +
        'bob,chat,1,0,0,0,0,1000,10,0.0026\r\n',
    );
    const [heading = '', ...rows] = readFileSync(join(dir, 'f.csv'), 'utf8').trim().split('\r\n');
    expect(heading.split(',')).toContain('EffectiveCost');
    expect(rows).toHaveLength(2);
    expect(rows[0]).toContain(',OpenAI,');
    const html = readFileSync(join(dir, 'o.html'), 'utf8');
    expect(html).toContain('<title>What GenAI calls cost</title>');
    expect(html).not.toMatch(/(?:src|href)="(?!data:)/);
  });

  it('reads the journal', async () => {
    const dir = folder();
    await callsInto({ journal: openJournal(dir) });
    const { code, stdout } = await report([dir, '--by', 'user']);
    expect(code).toBe(0);
    expect(stdout).toContain('3 calls, 0.0078 USD');
  });

  it('says what it does not know', async () => {
    const file = join(folder(), 'usage.ndjson');
    const lines = [
      event({ resource: 'a-model-of-nobody' }),
      event({ units: {} }),
      event({ properties: { 'system.usage_source': 'estimate' } }),
      event({ http_status_code: 500, units: {} }),
      event({ properties: { 'system.outcome': 'blocked' }, http_status_code: 400, units: {} }),
      'not an event',
      '',
    ];
    writeFileSync(file, lines.join('\n'));
    const { stdout, stderr } = await report([file]);
    expect(stdout).toMatch(/\(none\) +5 +1 +1 +2 +1 /);
    expect(stdout).toContain('2 of 5 calls have no known price');
    expect(stderr).toContain('1 lines are not events');
  });

  it('says what is wrong with the command line', async () => {
    expect(await report([])).toMatchObject({ code: 2, stderr: expect.stringContaining('name a file') });
    expect(await report(['x', '--by', 'planet'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('useCase, user, account'),
    });
    expect(await report(['/nowhere.ndjson'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('/nowhere.ndjson'),
    });
  });

  it('delivers a file to Pay-i, each event once, also when it is interrupted', async () => {
    await using payi = await startPayi();
    const file = join(folder(), 'usage.ndjson');
    const lines = Array.from({ length: 450 }, (_, index) => event({ provider_response_id: `id-${index}` }));
    writeFileSync(file, `${lines.join('\n')}\n`);
    const env = {
      PAYI_API_KEY: payi.apiKey,
      PAYI_BASE_URL: payi.url,
      ASCERTA_API_KEY: '',
      ASCERTA_BASE_URL: '',
    };
    payi.ingestFaults.push({ delayMs: 0 }, { status: 401 });
    expect(await report([file, '--send'], env)).toMatchObject({ code: 1 });
    expect(payi.ledger).toHaveLength(200);
    expect(await report([file, '--send'], env)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('250 events sent'),
    });
    expect(payi.ledger).toHaveLength(450);
    expect(await report([file, '--send'], env)).toMatchObject({
      stdout: expect.stringContaining('0 events sent'),
    });
    expect(payi.ledger).toHaveLength(450);
  });

  it('delivers scores of KPIs after the calls before them, and says which are refused', async () => {
    await using payi = await startPayi();
    const management = createManagement({ baseUrl: payi.url, apiKey: payi.apiKey });
    const kpi = { name: 'stars', description: 'Stars', goal: 4, kpiType: 'likert5' as const };
    await management.ensure({ useCases: [{ name: 'chat', kpis: [kpi] }] });
    const of = { useCaseName: 'chat', useCaseId: 'c-1' };
    const file = join(folder(), 'usage.ndjson');
    const offline = createPayi({ route: 'direct', apiKey: 'k', delivery: { offline: ndjsonFile(file) } });
    const openai = withPayi(new OpenAI({ apiKey: 'k', fetch: answer }), { payi: offline });
    const scoring = createManagement({ payi: offline });
    await track(of, async () => {
      await openai.chat.completions.create({
        model: 'gpt-4o',
        messages: [{ role: 'user', content: 'Hi' }],
      });
      await scoring.scoreKpi({ kpi: 'stars', score: 3 });
      await scoring.scoreKpi({ kpi: 'no such', score: 3 });
    });
    await offline.close();
    const env = {
      PAYI_API_KEY: payi.apiKey,
      PAYI_BASE_URL: payi.url,
      ASCERTA_API_KEY: '',
      ASCERTA_BASE_URL: '',
    };
    expect(await report([file, '--send'], env)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('2 events sent'),
      stderr: expect.stringMatching(/^.*refused 1 events: status 404, for the score of a KPI\n$/),
    });
    const scores = await management.instances.scores('chat', 'c-1').next();
    expect(scores.value).toMatchObject({ kpiName: 'stars', score: 3 });
  });
});

it('a text that a spreadsheet would run gets an apostrophe', () => {
  expect(csvLine(['=1+1', '-2', 'a "b", c', -3])).toBe(`'=1+1,'-2,"a ""b"", c",-3\r\n`);
});

describe('sums', () => {
  const call = (user: string) => callOfLine(event({ user_id: user, limit_ids: ['a', 'b'] })) as never;

  it('count a call with two limits in the group of each, and once in the total', () => {
    const groups = new Groups(['limit']);
    groups.add(call('u'));
    expect(groups.all.map(({ key, calls }) => [key, calls])).toEqual([
      [['a'], 1],
      [['b'], 1],
    ]);
    expect(groups.total.calls).toBe(1);
  });

  it('stay in bounded memory, and lose no call', () => {
    const tally = new Tally(60_000, 100);
    for (let index = 0; index < 1000; index += 1) tally.add(call(`u-${index}`));
    expect(tally.isCut).toBe(true);
    expect(tally.cells).toHaveLength(101);
    expect(tally.cells.reduce((sum, { calls }) => sum + calls, 0)).toBe(1000);
  });
});

it('the page holds data as data', () => {
  const tally = new Tally(60_000, 100);
  tally.add(callOfLine(event({ use_case_name: '</script><script>alert(1)</script>' })) as never);
  const html = renderPage({ title: 'A & <b>', note: '', periodMs: 60_000, cells: tally.cells });
  expect(html.match(/<script/g)).toHaveLength(2);
  expect(html).toContain('<title>A &amp; &lt;b&gt;</title>');
});
