import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
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

  it('puts calls first that nobody is named for, however cheap', async () => {
    const file = join(folder(), 'usage.ndjson');
    const units = { text: { input: 1 } };
    writeFileSync(file, [event({ user_id: 'ann' }), event({ units })].join('\n'));
    const { stdout } = await report([file, '--by', 'user']);
    expect(stdout).toMatch(/^user .*\n(?:[─-]+.*\n)?\(none\) .*\nann /);
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

describe('payi-report --against', () => {
  const call = (id: string | undefined, members: object = {}): string =>
    event({
      category: 'system.aws.bedrock',
      resource: 'amazon.nova-lite-v1:0',
      units: { text: { input: 10, output: 5 } },
      ...members,
      properties: {
        ...(id && { 'system.provider_response_id': id }),
        ...Object(Object(members).properties),
      },
    });
  const log = (
    requestId: string,
    input: object,
    output: object = { outputTokenCount: 5 },
    more: object = {},
  ): string =>
    JSON.stringify({
      schemaType: 'ModelInvocationLog',
      schemaVersion: '1.0',
      timestamp: '2026-11-03T04:05:06Z',
      requestId,
      operation: 'Converse',
      modelId: 'amazon.nova-lite-v1:0',
      input,
      output,
      ...more,
    });
  const against = (
    events: readonly string[],
    logs: string | Buffer,
    name = 'aws-logs.ndjson',
    ...more: string[]
  ) => {
    const dir = folder();
    const [usage, aws] = [join(dir, 'usage.ndjson'), join(dir, name)];
    writeFileSync(usage, `${events.join('\n')}\n`);
    writeFileSync(aws, logs);
    return report([usage, '--against', aws, ...more], { TMPDIR: dir }).then((ran) => ({ ...ran, dir }));
  };

  it('says when both ledgers agree, to the token and whatever kind it is of', async () => {
    const units = {
      text: { input: 10, output: 5 },
      vision: { input: 3 },
      reasoning: { output: 2 },
      text_cache_read: { input: 7 },
      text_cache_write: { input: 4 },
      text_cache_write_1h: { input: 1 },
      web_search_request: { output: 1 },
    };
    const lines = [
      log('a', { inputTokenCount: 10 }),
      log(
        'b',
        { inputTokenCount: 13, cacheReadInputTokenCount: 7, cacheWriteInputTokenCount: 5 },
        { outputTokenCount: 7 },
      ),
      // As CloudWatch exports it.
      `2026-11-03T04:05:06.000Z ${log('c', {}, {})}`,
    ];
    const events = [call('a'), call('b', { units }), call('c')];
    const ran = await against(events, gzipSync(lines.join('\n')), 'aws.json.gz');
    const said =
      "3 calls are in both, 0 of them with different counts; 0 only in the events, 0 only in AWS's logs.\n";
    expect(ran).toMatchObject({ code: 0, stdout: said, stderr: '' });
    expect(readdirSync(ran.dir).sort()).toEqual(['aws.json.gz', 'usage.ndjson']);
  });

  it('lists what only one has and where counts differ, with exit code 3', async () => {
    const events = [
      call('same'),
      call('ours'),
      call('differs', { properties: { 'system.usage_source': 'estimate' } }),
      call('unknown', { units: {} }),
      call(undefined, { http_status_code: 503, units: {} }),
      event({}),
    ];
    const logs = [
      log('same', { inputTokenCount: 10 }),
      log('theirs', { inputTokenCount: 1, cacheReadInputTokenCount: 0 }),
      log('differs', { inputTokenCount: 11 }),
      log('unknown', { inputTokenCount: 10 }),
      log('failed', {}, {}, { errorCode: 'ThrottlingException' }),
      'not a log',
    ];
    const csv = join(folder(), 'differences.csv');
    const { code, stdout, stderr } = await against(events, logs.join('\n'), 'logs', '--csv', csv);
    expect(code).toBe(3);
    expect(stdout).toContain(
      "3 calls are in both, 2 of them with different counts; 1 only in the events, 1 only in AWS's logs.",
    );
    expect(stdout).toMatch(
      /^differs +both +2026-11-03T04:05:06\.000Z +amazon\.nova-lite-v1:0 +10 +11 +5 +5 +0 +0 +yes$/m,
    );
    expect(stderr).toBe(
      '1 calls got no answer, so they have no request id of AWS, and were left out\n' +
        '1 calls that failed at AWS were left out\n' +
        '1 calls of other providers were left out\n' +
        '1 lines are not of model invocation logs and were left out\n',
    );
    const [heading, ...rows] = readFileSync(csv, 'utf8').trim().split('\r\n');
    expect(heading).toBe(
      'request id,found in,time,model,"input, events","input, AWS","output, events","output, AWS",' +
        '"cacheRead, events","cacheRead, AWS","cacheWrite, events","cacheWrite, AWS",estimated',
    );
    expect(rows.sort()).toEqual([
      'differs,both,2026-11-03T04:05:06.000Z,amazon.nova-lite-v1:0,10,11,5,5,0,,0,,yes',
      'ours,events,2026-11-03T04:05:06.000Z,amazon.nova-lite-v1:0,10,,5,,0,,0,,',
      'theirs,logs,2026-11-03T04:05:06Z,amazon.nova-lite-v1:0,,1,,5,,0,,,',
      'unknown,both,2026-11-03T04:05:06.000Z,amazon.nova-lite-v1:0,,10,,5,,,,,',
    ]);
  });

  it('says what is wrong with the command line, and with a file that is cut', async () => {
    expect(await report(['x', '--against', 'y', '--html', 'z'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--against goes with --csv only'),
    });
    const whole = gzipSync(log('a', { inputTokenCount: 10 }));
    expect(await against([call('a')], whole.subarray(0, -9), 'aws.gz')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('unexpected end of file'),
    });
  });
});
