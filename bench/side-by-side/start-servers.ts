import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { PayiAddress } from './payi-observer.ts';

export interface Addresses {
  /** Options for a BedrockRuntimeClient. */
  readonly bedrock: {
    readonly region: string;
    readonly endpoint: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  /** Of OpenAI and Anthropic, without a path. */
  readonly apiUrl: string;
  readonly payi: PayiAddress;
}

/** What arrived since it was asked for the last time; one entry a call, `null` where no user was named. */
export interface Seen {
  readonly providerUsers: readonly (string | null)[];
  readonly payiUsers: readonly (string | null)[];
}

export interface Servers {
  readonly addresses: Addresses;
  seen(): Promise<Seen>;
  close(): void;
}

/** Starts servers.ts in a process of its own. */
export async function startServers(): Promise<Servers> {
  const child = fork(fileURLToPath(new URL('servers.ts', import.meta.url)));
  const [addresses] = (await once(child, 'message')) as [Addresses];
  return {
    addresses,
    async seen() {
      child.send('seen');
      const [seen] = (await once(child, 'message')) as [Seen];
      return seen;
    },
    close: () => child.disconnect(),
  };
}
