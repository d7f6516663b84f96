import { type BudgetStore, memoryStore, valkeyStore } from '@payi/budgets';
import { Redis } from 'iovalkey';

export interface OpenStore {
  readonly store: BudgetStore;
  readonly description: string;
  close(): void;
}

/** In Valkey or Redis, where all processes share a budget, if the environment says where it is; else in this process. */
export function openStore(): OpenStore {
  const url = process.env.VALKEY_URL;
  if (url === undefined) return { store: memoryStore(), description: 'in memory', close: () => {} };
  const client = new Redis(url);
  return { store: valkeyStore(client), description: 'in Valkey', close: () => client.disconnect() };
}
