import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type IngestFaultScript, type LedgerEntry, startPayi } from '@payi/testkit';
import { expect, it } from 'vitest';
import { randomNumbers } from '../../testing/random-numbers.ts';
import { testSeed } from '../../testing/test-seed.ts';
import { type CallerTask, callsAtOnce } from './caller-task.ts';
import { secrets } from './plan.ts';
import { type CallerReport, runCaller } from './run-caller.ts';
import { startProvider } from './start-provider.ts';

/** As many as in CI, unless somebody looks for a fault: `SOAK_CALLS=2000 SEED=7`. */
const wantedCalls = Number(process.env.SOAK_CALLS ?? 50_000);
const endings = ['kill', 'exit', 'close', 'kill', 'full disk'] as const;

it(`leaves one record of each of ${wantedCalls} calls, whatever breaks`, { timeout: 1_800_000 }, async () => {
  const seed = testSeed();
  console.log(`SEED=${seed}`);
  const folder = mkdtempSync(join(tmpdir(), 'payi-soak-'));
  await using provider = await startProvider(seed);
  await using server = await startPayi({ apiKey: secrets.payi, ingestFaults: ingestFaults(seed) });
  const random = randomNumbers(seed);
  const reports: CallerReport[] = [];
  const texts: string[] = [];
  let first = 0;
  let kills = 0;
  const task = (count: number, ending: CallerTask['ending']): CallerTask => {
    const { url: providerUrl } = provider;
    const made = { seed, first, count, folder, providerUrl, payiUrl: server.url, ending };
    first += count;
    return made;
  };

  // Each time two processes share the folder, and find what the last two left.
  for (let round = 0; provider.calls.size < wantedCalls * 0.8; round += 1) {
    const count = Math.ceil(wantedCalls / 20);
    const callers = [0, 1].map((beside) => {
      const ending = endings[(round + beside * 2) % endings.length] as CallerTask['ending'];
      if (ending === 'kill') kills += 1;
      return runCaller(task(count, ending), ending === 'kill' ? 1 + random() * count * 0.9 : undefined);
    });
    reports.push(...(await Promise.all(callers)));
    texts.push(...readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8')));
  }
  // The rest in one process, whose heap has to stay flat, and which delivers what is left.
  const last = await runCaller(task(wantedCalls - provider.calls.size, 'close'));
  reports.push(last);

  const ended = new Map(reports.flatMap((report) => [...report.ended]));
  const records = new Map<number, LedgerEntry[]>();
  for (const entry of server.ledger) {
    const call = Number(entry.annotations.userId?.slice('call-'.length));
    records.set(call, [...(records.get(call) ?? []), entry]);
  }
  const faults = reports.flatMap((report) => report.faults);
  for (const [call, attempts] of provider.calls) {
    const found = records.get(call) ?? [];
    const ending = ended.get(call);
    // The process was killed before the call had ended, or right then: nobody can have written it down.
    if (found.length !== 1 && (ending !== undefined || found.length > 1)) {
      faults.push(`call ${call}: ${found.length} records`);
    }
    const { input, output } = attempts.at(-1) ?? {};
    for (const { units } of found) {
      const isRight = JSON.stringify(units) === JSON.stringify({ text: { input, output } });
      if (ending === 'complete' && !isRight) faults.push(`call ${call}: ${JSON.stringify(units)}`);
    }
  }
  for (const call of records.keys()) if (!provider.calls.has(call)) faults.push(`call ${call} never left`);
  expect(faults.slice(0, 5), `${faults.length} faults`).toEqual([]);
  expect(ended.size).toBeGreaterThan(provider.calls.size * 0.8 - kills * callsAtOnce);
  expect(readdirSync(folder)).toEqual([]);
  expect(last.heapGrowth).toBeLessThan(3_000_000);

  const sent = server.requests.map(
    ({ headers: { 'xproxy-api-key': _, ...headers }, body }) => JSON.stringify(headers) + String(body),
  );
  texts.push(...sent, ...reports.map(({ errors }) => errors));
  const leaked = Object.entries(secrets).flatMap(([name, secret]) =>
    texts.some((text) => text.includes(secret)) ? name : [],
  );
  expect([...leaked, ...provider.leaks]).toEqual([]);
  rmSync(folder, { recursive: true });
});

/** Breaks a third of the requests, in ways that an event must survive. */
function ingestFaults(seed: number): IngestFaultScript {
  const random = randomNumbers(seed + 1);
  return ({ eventCount }) => {
    const kind = Math.floor(random() * 24);
    const status = [500, 502, 503, 504][kind];
    if (status !== undefined) return { status };
    if (kind === 4) return { status: 429, retryAfter: 0.01 };
    if (kind === 5) return { reset: 'before-commit' };
    if (kind === 6) return { reset: 'after-commit' };
    if (kind === 7) return { itemErrors: [{ index: Math.floor(random() * eventCount), statusCode: 503 }] };
    return undefined;
  };
}
