import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { createPayi, type Diagnostic } from '@payi/core';
import { openJournal } from '@payi/core/journal';
import { type RunningPayi, startPayi } from '@payi/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { randomNumbers } from '../../../../internal/testing/random-numbers.ts';
import { providerIdOf } from './observe-call.ts';
import { randomFaults } from './random-faults.ts';

const script = fileURLToPath(new URL('journal-sender.ts', import.meta.url));
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'payi-journal-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Kills a process so many milliseconds after its journal has so many events. */
interface Kill {
  readonly events: number;
  readonly ms: number;
}

/** Runs a sender to its end. @returns The ids of the events that were in its journal. */
async function send(
  { url, apiKey }: RunningPayi,
  prefix: string,
  count: number,
  ending: Kill | 'leave' | 'close' | 'score' = 'close',
): Promise<{ ids: string[]; code: number | null }> {
  const child = spawn(process.execPath, [
    '--no-warnings',
    script,
    url,
    apiKey,
    directory,
    prefix,
    String(count),
    // It must not end before it is killed, even if this process stands still.
    typeof ending === 'object' ? 'stay' : ending,
  ]);
  const errors = text(child.stderr);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
    if (typeof ending === 'object' && output.split('\n').length > ending.events) {
      setTimeout(() => child.kill('SIGKILL'), ending.ms);
    }
  });
  const [code] = (await once(child, 'close')) as [number | null];
  expect(await errors).toBe('');
  return { ids: output.split('\n').filter((id) => id !== ''), code };
}

describe('openJournal()', () => {
  it('brings every accepted event into the ledger once, whenever senders are killed', async () => {
    await using server = await startPayi({ ingestFaults: randomFaults(11) });
    const random = randomNumbers(3);
    const accepted: string[] = [];
    for (let round = 0; round < 4; round += 1) {
      // Two at a time share one folder.
      const senders = ['a', 'b'].map((name) =>
        send(server, `${name}${round}`, 3000, { events: 30 + random() * 400, ms: random() * 20 }),
      );
      for (const { ids, code } of await Promise.all(senders)) {
        expect(code).toBeNull();
        accepted.push(...ids);
      }
    }
    expect((await send(server, 'last', 5)).code).toBe(0);

    const arrived = server.ledger.map(providerIdOf);
    expect(new Set(accepted).size).toBeGreaterThan(200);
    expect(accepted.filter((id) => !arrived.includes(id))).toEqual([]);
    expect(arrived).toHaveLength(new Set(arrived).size);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('brings the score of a process that was killed to Pay-i, after its call', async () => {
    await using down = await startPayi({ ingestFaults: () => ({ status: 503 }) });
    expect((await send(down, 'killed', 0, 'score')).code).toBeNull();
    expect(down.ledger).toEqual([]);

    await using server = await startPayi();
    const headers = { 'xproxy-api-key': server.apiKey };
    const kpis = `${server.url}/api/v1/use_cases/definitions`;
    const post = (url: string, body: object): Promise<Response> =>
      fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    await post(kpis, { name: 'chat', description: 'Chat' });
    await post(`${kpis}/chat/kpis`, { name: 'stars', description: 'Stars', goal: 4, kpi_type: 'likert5' });
    expect((await send(server, 'next', 1)).code).toBe(0);
    const scores = await fetch(`${server.url}/api/v1/use_cases/instances/chat/c-1/kpis`, { headers });
    expect(await scores.json()).toMatchObject({ items: [{ kpi_name: 'stars', score: 5 }] });
    expect(server.ledger.map(providerIdOf).toSorted()).toEqual(['killed', 'next-0']);
  });

  it('does not keep a process alive, and leaves to the next what it could not deliver', async () => {
    let isDown = true;
    await using server = await startPayi({ ingestFaults: () => (isDown ? { status: 503 } : undefined) });
    // The last five calls end in the same turn as the program.
    const { ids, code } = await send(server, 'left', 25, 'leave');
    expect(code).toBe(0);
    expect(ids).toHaveLength(25);
    expect(server.ledger).toEqual([]);
    isDown = false;
    expect((await send(server, 'next', 1)).code).toBe(0);
    const arrived = server.ledger.map(providerIdOf);
    expect(arrived.sort()).toEqual([...ids, 'next-0'].sort());
  });

  it('is delivered by a program that only flushes, and says why where that cannot be', async () => {
    let isDown = true;
    await using server = await startPayi({ ingestFaults: () => (isDown ? { status: 503 } : undefined) });
    const { ids } = await send(server, 'left', 25, 'leave');
    isDown = false;
    const delivery = { journal: openJournal(directory) };
    const diagnostics: Diagnostic[] = [];
    const onDiagnostic = (diagnostic: Diagnostic): void => void diagnostics.push(diagnostic);
    const { url: baseUrl, apiKey } = server;
    const withoutKey = createPayi({ route: 'direct', baseUrl, delivery, onDiagnostic });
    expect(await withoutKey.flush()).toBe(false);
    expect(diagnostics).toMatchObject([{ code: 'DELIVERY_FAILED', cause: { code: 'CONFIGURATION' } }]);
    await using payi = createPayi({ route: 'direct', baseUrl, apiKey, delivery });
    expect(await payi.flush({ timeoutMs: Infinity })).toBe(true);
    expect(server.ledger.map(providerIdOf)).toEqual(ids);
  });
});
