import type { IngestItem } from './event-of-receipt.ts';

/** Marks the JSON of an event that Pay-i may have already. */
export function markDuplicate(json: string): string {
  const item = JSON.parse(json) as IngestItem;
  item.properties = { 'system.possible_duplicate': 'true', ...item.properties };
  return JSON.stringify(item);
}
