/**
 * Processor time of route `direct` per event: from the settled call to Pay-i's answer, in batches of 100.
 *
 *     npx --yes pnpm@12.21.0 run build && node bench/delivery/events.ts
 *
 * The server runs in a process of its own and does next to nothing. Time is `process.cpuUsage()` of this process, HTTP
 * client and garbage collection included. Rounds with delivery and rounds in which the same calls settle on route
 * `headers`, which reports nothing, take turns; what is printed is the difference, median, first and last decile. Beside
 * it, from rounds of the same run, what `fetch` alone takes to send texts of the same length, which no code of ours can
 * be below, and which tells how fast the machine is today.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createPayi, type Payi } from '@payi/core';
import { settleCall } from './settle-call.ts';

const [warmUpRounds, rounds, eventsPerRound, eventsPerBatch] = [30, 100, 1000, 100];
const eventBytes = 424;

if (process.argv[2] === 'server') serve();
else await measure();

function serve(): void {
  const answer = JSON.stringify({
    request_id: 'r',
    ingest_timestamp: new Date().toISOString(),
    ingest_count: 100,
  });
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length });
      response.end(answer);
    });
  });
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
  process.on('disconnect', () => process.exit());
}

async function measure(): Promise<void> {
  const server = fork(fileURLToPath(import.meta.url), ['server']);
  const [port] = await once(server, 'message');
  const baseUrl = `http://127.0.0.1:${port}`;
  const direct = createPayi({ route: 'direct', apiKey: 'key', baseUrl, delivery: { intervalMs: 1 } });
  const headers = createPayi({ route: 'headers' });
  const differences: number[] = [];
  const alone: number[] = [];
  for (let round = 0; round < warmUpRounds + rounds; round += 1) {
    const without = await cpuMicroseconds(headers, round);
    const withDelivery = await cpuMicroseconds(direct, round);
    const byFetchAlone = await cpuMicrosecondsOfFetch(`${baseUrl}/api/v1/ingest/bulk-upsert`);
    if (round < warmUpRounds) continue;
    differences.push((withDelivery - without) / eventsPerRound);
    alone.push(byFetchAlone / eventsPerRound);
  }
  const { sent, dropped, rejected } = direct.stats();
  await direct.close();
  server.disconnect();
  process.stdout.write(
    `${summary(differences)} µs per event; ${sent} sent, ${dropped} dropped, ${rejected} rejected\n` +
      `${summary(alone)} µs of it is what fetch alone takes\n`,
  );
}

function summary(figures: number[]): string {
  figures.sort((a, b) => a - b);
  const at = (part: number): string => (figures[Math.floor(figures.length * part)] ?? 0).toFixed(1);
  return `${at(0.5)} (${at(0.1)} to ${at(0.9)})`;
}

async function cpuMicrosecondsOfFetch(url: string): Promise<number> {
  const before = process.cpuUsage();
  for (let sent = 0; sent < eventsPerRound; sent += eventsPerBatch) {
    const headers = { 'content-type': 'application/json', accept: 'application/json' };
    const body = 'x'.repeat(eventBytes * eventsPerBatch);
    await (await fetch(url, { method: 'POST', headers, body })).text();
  }
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

async function cpuMicroseconds(payi: Payi, round: number): Promise<number> {
  const before = process.cpuUsage();
  for (let index = 0; index < eventsPerRound; index += 1) settleCall(payi, `${round}-${index}`);
  await payi.flush();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
