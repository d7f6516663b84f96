import { createPayi } from '@payi/core';

/** A limit at Pay-i that blocks calls once `max` US dollars are spent. */
export async function createLimit(id: string, max: number): Promise<void> {
  await request('POST', '', { limit_id: id, limit_name: id, limit_type: 'block', max });
}

/** What was spent stays; calls pass again until the new maximum, in US dollars, is reached. */
export async function raiseLimit(id: string, max: number): Promise<void> {
  await request('PUT', `/${encodeURIComponent(id)}`, { max });
}

export async function deleteLimit(id: string): Promise<void> {
  await request('DELETE', `/${encodeURIComponent(id)}`);
}

/** Pay-i's REST API. Applications seldom need it: limits are mostly made and changed in Pay-i's own pages. */
async function request(method: string, path: string, body?: object): Promise<void> {
  const { baseUrl } = createPayi();
  const apiKey = process.env.ASCERTA_API_KEY || process.env.PAYI_API_KEY || '';
  const response = await fetch(`${baseUrl}/api/v1/limits${path}`, {
    method,
    headers: { 'xProxy-Api-Key': apiKey, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
    // The key must not go anywhere else.
    redirect: 'error',
  });
  if (!response.ok) throw new Error(`${method} of a limit: ${response.status} ${await response.text()}`);
}
