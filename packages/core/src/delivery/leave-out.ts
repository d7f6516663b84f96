import { encodeItem } from './encode-event.ts';
import type { PendingEvent } from './pending-events.ts';

/** Parts of Pay-i's error codes, and how the names of the members begin that such an error is about. */
const membersByCode: Readonly<Record<string, string>> = {
  limit: 'limit_ids',
  instance: 'use_case_id',
  use_case: 'use_case_',
  tags: 'request_tags',
  user: 'user_id',
  account: 'account_name',
  scope: 'scope',
  timestamp: 'event_timestamp',
  provider_: 'provider_uri',
};

/**
 * Takes out of an event what an error of Pay-i is about, because the cost of a call matters more than a label. Another
 * category or resource becomes the call's own again.
 *
 * @returns The names of the members. Empty if the error names none that the event can do without.
 */
export function leaveOut(event: PendingEvent, code: string): string[] {
  let item: Record<string, unknown> & { category: string };
  try {
    item = JSON.parse(event.json);
  } catch {
    return [];
  }
  const names: string[] = [];
  for (const part in membersByCode) {
    if (names.length > 0 || !code.includes(part)) continue;
    names.push(...Object.keys(item).filter((name) => name.startsWith(membersByCode[part] as string)));
  }
  for (const name of names) delete item[name];
  if (code.includes('category')) {
    for (const name of ['category', 'resource'] as const) {
      const own = event.call?.receipt[name];
      if (!own || own === item[name]) continue;
      item[name] = own;
      names.push(name);
    }
  }
  if (names.length > 0) encodeItem(event, item);
  return names;
}
