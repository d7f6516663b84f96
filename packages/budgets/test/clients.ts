import { Redis as IORedis, Cluster as IORedisCluster } from 'ioredis';
import { Redis as IOValkey, Cluster as IOValkeyCluster } from 'iovalkey';
import { createClient, createCluster } from 'redis';
import type { ValkeyClient } from '../src/index.ts';

export interface Connected {
  readonly client: ValkeyClient;
  close(): void;
}

export interface ConnectedToOne extends Connected {
  run(...command: string[]): Promise<unknown>;
}

/** The clients that `valkeyStore()` takes, connected to a server. */
export const clients: Record<'iovalkey' | 'ioredis' | 'redis', (port: number) => Promise<ConnectedToOne>> = {
  async iovalkey(port) {
    const client = new IOValkey(port, '127.0.0.1');
    client.on('error', () => {});
    return {
      client,
      run: (name, ...rest) => client.call(name as string, ...rest),
      close: () => client.disconnect(),
    };
  },
  async ioredis(port) {
    const client = new IORedis(port, '127.0.0.1');
    client.on('error', () => {});
    return {
      client,
      run: (name, ...rest) => client.call(name as string, ...rest),
      close: () => client.disconnect(),
    };
  },
  async redis(port) {
    const client = createClient({ url: `redis://127.0.0.1:${port}` });
    client.on('error', () => {});
    await client.connect();
    return { client, run: (...command) => client.sendCommand(command), close: () => client.destroy() };
  },
};

/** The same clients for clusters, by the port of a node. */
export const clusters: Record<keyof typeof clients, (port: number) => Promise<Connected>> = {
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
