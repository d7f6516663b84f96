/**
 * Senders with a journal, killed with SIGKILL at random moments, two at a time on one folder, until they have accepted
 * 50,000 events: each of these has to be in the ledger of a Pay-i that fails about half of its requests, once.
 *
 *     node bench/delivery/kill.ts [seed] [events]
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startPayi } from '@payi/testkit';
import { randomNumbers } from '../../internal/testing/random-numbers.ts';
import { providerIdOf } from '../../packages/core/test/delivery/observe-call.ts';
import { randomFaults } from '../../packages/core/test/delivery/random-faults.ts';

const [seed, eventCount] = [Number(process.argv[2] ?? 1), Number(process.argv[3] ?? 50_000)];
const script = fileURLToPath(new URL('../../packages/core/test/delivery/journal-sender.ts', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'payi-kill-'));
const random = randomNumbers(seed);
const server = await startPayi({ ingestFaults: randomFaults(seed) });
const accepted = new Set<string>();
let kills = 0;

async function send(prefix: string, count: number, killAfterMs?: number): Promise<void> {
  const parameters = [server.url, server.apiKey, directory, prefix, String(count)];
  const child = spawn(process.execPath, ['--no-warnings', script, ...parameters], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const output = text(child.stdout);
  if (killAfterMs !== undefined) {
    await new Promise((resolve) => child.stdout.once('data', resolve));
    await wait(killAfterMs);
    if (child.kill('SIGKILL')) kills += 1;
  }
  for (const id of (await output).split('\n')) if (id !== '') accepted.add(id);
}

for (let round = 0; accepted.size < eventCount; round += 1) {
  await Promise.all(['a', 'b'].map((name) => send(`${name}${round}`, 1_000_000, random() * 1500)));
}
await send('last', 1);

const ids = server.ledger.map((entry) => providerIdOf(entry) ?? '');
const arrived = new Set(ids);
const missing = [...accepted].filter((id) => !arrived.has(id)).length;
const files = readdirSync(directory).length;
const duplicates = server.ledger.filter(
  ({ annotations }) => annotations.requestProperties?.['system.possible_duplicate'] === 'true',
).length;
process.stdout.write(
  `${JSON.stringify({ seed, kills, accepted: accepted.size, ledger: ids.length, missing, twice: ids.length - arrived.size, markedAsPossibleDuplicates: duplicates, files })}\n`,
);
process.exitCode = missing === 0 && ids.length === arrived.size && files === 0 ? 0 : 1;
await server.close();
rmSync(directory, { recursive: true });
