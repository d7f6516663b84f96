import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createHeaders, createPayi, isLimitReached } from '@payi/core';
import { withPayi } from '@payi/openai';
import { Redis } from 'iovalkey';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomNumbers } from '../../../internal/testing/random-numbers.ts';
import { testSeed } from '../../../internal/testing/test-seed.ts';
import { budgets, valkeyStore } from '../src/index.ts';
import { type RedisServer, serverProgram, startRedis, withoutServer } from './redis-server.ts';
import type { SpenderTask } from './spender.ts';

let random = randomNumbers(1);
const headers = createHeaders({ accountName: 'acme' });
const request = { model: 'gpt-4o', max_tokens: 500, messages: [{ role: 'user' as const, content: 'spend' }] };

/** Answers with random usage, and never to a prompt that says `hang`. */
const provider = createServer(async (incoming, response) => {
  const body = await text(incoming).catch(() => 'hang');
  if (body.includes('hang')) hanging.push(response);
  else setTimeout(() => answer(response), random() * 20);
});
// A server that closes an idle connection may cross the next request on it, on a busy machine.
provider.keepAliveTimeout = 600_000;
const hanging: ServerResponse[] = [];
let answeredUsd = 0;
function answer(response: ServerResponse): void {
  const [prompt_tokens, completion_tokens] = [1 + Math.floor(random() * 20), 1 + Math.floor(random() * 499)];
  answeredUsd += (prompt_tokens * 2.5 + completion_tokens * 10) / 1e6;
  const usage = { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
  const message = { role: 'assistant', content: 'Hi' };
  response.setHeader('content-type', 'application/json');
  response.end(
    JSON.stringify({
      id: 'c',
      model: 'gpt-4o',
      choices: [{ index: 0, message, finish_reason: 'stop' }],
      usage,
    }),
  );
}
/** Why, if it is. */
const isLeftOut = serverProgram === undefined ? `: ${withoutServer}` : '';

let providerUrl: string;
beforeAll(async () => {
  provider.listen(0, '127.0.0.1');
  await once(provider, 'listening');
  providerUrl = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1`;
});
afterAll(() => provider.closeAllConnections());

describe.skipIf(serverProgram === undefined)(`a budget of several processes${isLeftOut}`, () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.stop());

  const connectRedis = (): Redis => new Redis(server.port, '127.0.0.1').on('error', () => {});
  const script = fileURLToPath(new URL('spender.ts', import.meta.url));
  const start = (task: Omit<SpenderTask, 'redisPort' | 'providerUrl'>): ChildProcess =>
    spawn(process.execPath, [
      '--no-warnings',
      script,
      JSON.stringify({ ...task, redisPort: server.port, providerUrl }),
    ]);

  it('is never exceeded, and gets back what killed processes held', async () => {
    random = randomNumbers(testSeed());
    const [maxUsd, callsAtOnce] = [4, 200];
    const redis = connectRedis();
    const rules = [{ by: 'accountName', max: maxUsd, per: 'month' }] as const;
    const plugin = budgets({ store: valkeyStore(redis), rules, storeTimeoutMs: 60_000 });
    const now = async () => {
      const [status] = await plugin.status('acme');
      return { spent: status?.spent ?? 0, reserved: status?.reserved ?? 0 };
    };

    const base = { maxUsd, callsAtOnce };
    const killed = [0, 1].map(() => start({ ...base, calls: callsAtOnce, leaseMs: 5000, prompt: 'hang' }));
    await expect.poll(() => hanging.length).toBe(2 * callsAtOnce);
    const { reserved: held } = await now();
    expect(held).toBeGreaterThan(2 * callsAtOnce * 0.005);

    for (const child of killed) {
      child.kill('SIGKILL');
      await once(child, 'close');
    }

    // They share what the first two leave. A process that stands still for longer than its lease may exceed a budget.
    const alive = [0, 1].map(() => start({ ...base, calls: 1200, leaseMs: 120_000, prompt: 'spend' }));
    const outputs = alive.map(async (child) => {
      const [said, errors, [code]] = await Promise.all([
        text(child.stdout as NodeJS.ReadableStream),
        text(child.stderr as NodeJS.ReadableStream),
        once(child, 'close'),
      ]);
      expect([code, errors]).toEqual([0, '']);
      return said.trim().split('\n');
    });
    let peak = 0;
    let isRunning = true;
    const watching = (async () => {
      while (isRunning) {
        const { spent, reserved } = await now();
        peak = Math.max(peak, spent + reserved);
        await sleep(5);
      }
    })();
    const said = (await Promise.all(outputs)).flat();
    isRunning = false;
    await watching;

    await expect.poll(now).toMatchObject({ reserved: 0 });
    const { spent } = await now();
    expect(said).toHaveLength(2400);
    const costs = said.filter((line) => line !== 'blocked').map(Number);
    expect(said.filter((line) => !/^(?:blocked|[\d.e-]+)$/.test(line))).toEqual([]);
    expect(said.length - costs.length).toBeGreaterThan(0);
    expect(costs.length).toBeGreaterThan(0);
    expect(spent).toBeCloseTo(
      costs.reduce((sum, cost) => sum + cost, 0),
      6,
    );
    expect(spent).toBeCloseTo(answeredUsd, 6);
    expect(spent).toBeLessThanOrEqual(maxUsd);
    expect(peak).toBeLessThanOrEqual(maxUsd + 1e-9);
    expect(peak).toBeGreaterThan(maxUsd / 2);
    redis.disconnect();
  });

  it('goes on without its server as it is told, and with it again', async () => {
    const redis = connectRedis();
    const connect = (onStoreDown: 'open' | 'closed') => {
      const rules = [{ by: 'accountName', max: 100, per: 'month', id: onStoreDown }] as const;
      const plugin = budgets({ store: valkeyStore(redis), rules, onStoreDown, onWarning: () => {} });
      const payi = createPayi({ route: 'headers', plugins: [plugin] });
      const openai = withPayi(new OpenAI({ apiKey: 'sk-test', baseURL: providerUrl, maxRetries: 0 }), {
        payi,
      });
      const ask = () =>
        openai.chat.completions.create(request, { headers }).then(
          () => 'sent',
          (error: unknown) => (isLimitReached(error) ? 'blocked' : String(error)),
        );
      return { plugin, ask };
    };
    const [open, closed] = [connect('open'), connect('closed')];
    await expect.poll(closed.ask).toBe('sent');
    await server.stop();
    const before = answeredUsd;
    expect([await open.ask(), await closed.ask()]).toEqual(['sent', 'blocked']);
    const wasSpent = answeredUsd - before;
    expect(await open.plugin.flush()).toBe(false);

    server = await startRedis(server.port);
    await expect.poll(closed.ask).toBe('sent');
    await expect.poll(() => open.plugin.flush()).toBe(true);
    const [status] = await open.plugin.status('acme');
    expect(status?.spent).toBeCloseTo(wasSpent, 6);
    redis.disconnect();
  });
});
