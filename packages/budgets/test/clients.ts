import { Redis as IORedis, Cluster as IORedisCluster } from 'ioredis';
import oldestIORedis from 'ioredis-oldest';
import { Redis as IOValkey, Cluster as IOValkeyCluster } from 'iovalkey';
import { Redis as OldestIOValkey } from 'iovalkey-oldest';
import { createClient, createCluster } from 'redis';
import { createClient as createOldestClient } from 'redis-oldest';
import type { ValkeyClient } from '../src/index.ts';

export interface Connected {
  readonly client: ValkeyClient;
  close(): void;
}

export interface ConnectedToOne extends Connected {
  run(...command: string[]): Promise<unknown>;
}

type Connect = (port: number) => Promise<ConnectedToOne>;

/** `iovalkey` came from `ioredis`. */
const ioRedis =
  (Client: typeof IORedis): Connect =>
  async (port) => {
    const client = new Client(port, '127.0.0.1') as IORedis;
    client.on('error', () => {});
    return {
      client,
      run: (name, ...rest) => client.call(name as string, ...rest),
      close: () => client.disconnect(),
    };
  };

const nodeRedis =
  (create: typeof createClient): Connect =>
  async (port) => {
    const client = create({ url: `redis://127.0.0.1:${port}` });
    client.on('error', () => {});
    await client.connect();
    return { client, run: (...command) => client.sendCommand(command), close: () => client.destroy() };
  };

/** The clients that `valkeyStore()` takes, connected to a server. */
export const clients = {
  iovalkey: ioRedis(IOValkey as unknown as typeof IORedis),
  'oldest iovalkey': ioRedis(OldestIOValkey as unknown as typeof IORedis),
  ioredis: ioRedis(IORedis),
  'oldest ioredis': ioRedis(oldestIORedis.default as unknown as typeof IORedis),
  redis: nodeRedis(createClient),
  'oldest redis': nodeRedis(createOldestClient as unknown as typeof createClient),
} as const satisfies Record<string, Connect>;

/** The same clients for clusters, by the port of a node. */
export const clusters: Record<string, (port: number) => Promise<Connected>> = {
  async iovalkey(port) {
    const client = new IOValkeyCluster([{ host: '127.0.0.1', port }]);
    client.on('error', () => {});
    return { client, close: () => client.disconnect() };
  },
  async ioredis(port) {
    const client = new IORedisCluster([{ host: '127.0.0.1', port }]);
    client.on('error', () => {});
    return { client, close: () => client.disconnect() };
  },
  async redis(port) {
    const client = createCluster({ rootNodes: [{ url: `redis://127.0.0.1:${port}` }] });
    client.on('error', () => {});
    await client.connect();
    return { client, close: () => client.destroy() };
  },
};
