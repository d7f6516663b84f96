import { ConfigurationError } from '@payi/core';
import { script } from './script.ts';
import type { BudgetStore, Charge, Shortage, WindowTotals } from './store.ts';

type Run = (...parameters: never[]) => PromiseLike<unknown>;

/** A client of Valkey or Redis, single or cluster: of `iovalkey`, `ioredis` or `redis`. */
export type ValkeyClient =
  | { readonly evalsha: Run; readonly eval: Run }
  | { readonly evalSha: Run; readonly eval: Run };

/** Options of {@link valkeyStore}. */
export interface ValkeyStoreOptions {
  /**
   * Begins the names of all keys. In a cluster, all budgets with one prefix are on one node, because one step counts a
   * call against several of them.
   *
   * @default 'payi'
   */
  readonly prefix?: string | undefined;
}

/**
 * Keeps budgets in Valkey, or in Redis from 6.2, for all processes that use the same server. The client stays the
 * application's, which connects and closes it.
 *
 * @throws `ConfigurationError` the client is of no known shape, or the prefix has braces.
 */
export function valkeyStore(client: ValkeyClient, { prefix = 'payi' }: ValkeyStoreOptions = {}): BudgetStore {
  const isKnown = typeof client?.eval === 'function' && ('evalsha' in client || 'evalSha' in client);
  if (!isKnown) {
    throw new ConfigurationError('valkeyStore() takes a client of iovalkey, ioredis or redis');
  }
  if (!/^[^{}]+$/.test(prefix)) throw new ConfigurationError('prefix must be a text without braces');
  let sha: Promise<string> | undefined;

  const run = async (
    step: 'reserve' | 'settle' | 'read',
    id: string,
    charges: readonly Charge[],
    ...parameters: [amount: number, count: number, flag: boolean]
  ): Promise<number[]> => {
    // What is in braces decides on the node of a cluster.
    const name = (kind: string, key: string): string => `{${prefix}}:${kind}:${key}`;
    const keys = [
      name('settled', id),
      ...charges.flatMap(({ key }) => [name('budget', key), name('leases', key)]),
    ];
    const all = [
      step,
      id,
      ...parameters.map((value) => String(Number(value))),
      ...charges.flatMap(({ per, max }) => [per, String(max)]),
    ];
    sha ??= sha1(script);
    const answer = await evaluate(client, await sha, keys, all).then(undefined, (error) => {
      // The classes of this error differ between clients.
      if (!String(error?.message).startsWith('NOSCRIPT')) throw error;
      return evaluate(client, undefined, keys, all);
    });
    // Clients can be told to return numbers as text.
    return (answer as unknown[]).map(Number);
  };

  return {
    async reserve(id, charges, amount, leaseMs, isForced) {
      const answer = await run('reserve', id, charges, amount, leaseMs, isForced);
      return groups(answer, 3).map(([index, spent, reserved]) => ({ index, spent, reserved }) as Shortage);
    },
    settle: (id, charges, amount, isInexact) => run('settle', id, charges, amount, 0, isInexact),
    async read(charges, windowCount) {
      const answer = groups(await run('read', '', charges, 0, windowCount, false), 4).map(
        ([window, spent, reserved, inexactCalls]) =>
          ({ window, spent, reserved, inexactCalls }) as WindowTotals,
      );
      return groups(answer, windowCount);
    },
  };
}

/** Runs the script, by its hash or by its text, in the words of the client. */
function evaluate(
  client: ValkeyClient,
  sha: string | undefined,
  keys: readonly string[],
  parameters: readonly string[],
): PromiseLike<unknown> {
  const run = (name: string, ...rest: unknown[]): PromiseLike<unknown> =>
    (client as unknown as Record<string, (...all: unknown[]) => PromiseLike<unknown>>)[
      sha === undefined ? 'eval' : name
    ]?.(sha ?? script, ...rest) as PromiseLike<unknown>;
  return 'evalSha' in client
    ? run('evalSha', { keys, arguments: parameters })
    : run('evalsha', keys.length, ...keys, ...parameters);
}

async function sha1(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function groups<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: items.length / size }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
