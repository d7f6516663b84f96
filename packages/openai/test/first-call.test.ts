import OpenAI, { APIUserAbortError } from 'openai';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { listeningFetch } from '../../../internal/testing/listening-fetch.ts';
import { recordedPayi } from '../../../internal/testing/recorded-payi.ts';
import type { withPayi as WithPayi } from '../src/index.ts';
import { completion } from './answers.ts';

const { payi, receipts } = recordedPayi();
const question = { model: 'gpt-4o', messages: [] };

let withPayi: typeof WithPayi;
beforeEach(async () => {
  // As in a new process: what calls need is not loaded yet.
  vi.resetModules();
  ({ withPayi } = await import('../src/index.ts'));
});

describe('the first call of a process', () => {
  it('goes through the fetch that its client had when it got Pay-i', async () => {
    const own = vi.fn(async () => Response.json(completion));
    const plain = new OpenAI({ apiKey: 'sk-test', fetch: own });
    const client = withPayi(plain, { payi });
    const another = vi.fn(async () => Response.json(completion));
    Object.assign(plain, { fetch: another });
    await client.chat.completions.create(question);
    expect(own).toHaveBeenCalledOnce();
    expect(another).not.toHaveBeenCalled();
  });

  it('that is aborted while it waits ends, also if its fetch only listens for aborts', async () => {
    const sent = vi.fn(listeningFetch);
    const client = withPayi(new OpenAI({ apiKey: 'sk-test', fetch: sent }), { payi });
    const caller = new AbortController();
    const { fetch } = client as unknown as { fetch: typeof globalThis.fetch };
    const abortWhileWaiting: typeof fetch = (...request) => {
      const response = fetch(...request);
      caller.abort();
      return response;
    };
    Object.assign(client, { fetch: abortWhileWaiting });
    const call = client.chat.completions.create(question, { signal: caller.signal });
    await expect(call).rejects.toBeInstanceOf(APIUserAbortError);
    expect(sent).not.toHaveBeenCalled();
    expect(receipts).toEqual([]);
  });
});
