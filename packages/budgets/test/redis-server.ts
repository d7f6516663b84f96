import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'redis';

/** The program of a Valkey or Redis server. `undefined` if there is none. */
export const serverProgram: string | undefined = [
  process.env.PAYI_REDIS_SERVER,
  'valkey-server',
  'redis-server',
].find((program) => program && spawnSync(program, ['--version']).status === 0);

/** Why tests with a server are left out, for their names. */
export const withoutServer =
  'there is no valkey-server or redis-server on the PATH, nor in PAYI_REDIS_SERVER';

export interface RedisServer extends AsyncDisposable {
  readonly port: number;
  /** Ends the server and forgets what it kept. */
  stop(): Promise<void>;
}

/** @param port - Of a server that was stopped before. */
export async function startRedis(port?: number, ...more: string[]): Promise<RedisServer> {
  for (let attempt = 1; ; attempt += 1) {
    const folder = mkdtempSync(join(tmpdir(), 'payi-redis-'));
    const chosen = port ?? (await freePort());
    const child = spawn(
      serverProgram as string,
      [
        '--port',
        String(chosen),
        '--bind',
        '127.0.0.1',
        '--save',
        '',
        '--appendonly',
        'no',
        '--dir',
        folder,
        ...more,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const stop = async (): Promise<void> => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
      rmSync(folder, { recursive: true, force: true });
    };
    if (await isReady(child)) return { port: chosen, stop, [Symbol.asyncDispose]: stop };
    await stop();
    // Another process was faster to take the port.
    if (port !== undefined || attempt === 10) throw new Error(`no server on port ${chosen}`);
  }
}

/** A cluster of one node, which refuses a step whose keys are not in one slot as any cluster does. */
export async function startCluster(): Promise<RedisServer> {
  const bus = String(await freePort());
  const server = await startRedis(
    undefined,
    ...['--cluster-enabled', 'yes', '--cluster-port', bus, '--cluster-announce-ip', '127.0.0.1'],
  );
  const client = createClient({ url: `redis://127.0.0.1:${server.port}` });
  client.on('error', () => {});
  await client.connect();
  await client.sendCommand(['CLUSTER', 'ADDSLOTSRANGE', '0', '16383']);
  while (!String(await client.sendCommand(['CLUSTER', 'INFO'])).includes('cluster_state:ok')) await sleep(20);
  client.destroy();
  return server;
}

async function isReady(child: ChildProcess): Promise<boolean> {
  for await (const line of createInterface(child.stdout as NodeJS.ReadableStream)) {
    if (line.includes('Ready to accept connections')) {
      child.stdout?.resume();
      return true;
    }
  }
  return false;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
