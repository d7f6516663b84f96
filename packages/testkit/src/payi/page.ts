import { randomUUID } from 'node:crypto';
import type { ServerResponse } from '../listen.ts';
import { sendJson } from './proxy-call.ts';

/** Answers with one page of a list. The query has `limit` (20 without one), `cursor` and `sort_ascending`. */
export function sendPage(response: ServerResponse, items: readonly object[], query: URLSearchParams): void {
  const size = Math.max(1, Number(query.get('limit')) || 20);
  const start = Number(query.get('cursor')) || 0;
  const sorted = query.get('sort_ascending') === 'false' ? [...items].reverse() : items;
  const end = start + size;
  sendJson(response, 200, {
    items: sorted.slice(start, end),
    cursor: end < items.length ? String(end) : null,
    request_id: randomUUID(),
  });
}
