import { APIUserAbortError } from '@anthropic-ai/sdk';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { listeningFetch } from '../../../internal/testing/listening-fetch.ts';
import { recordedPayi } from '../../../internal/testing/recorded-payi.ts';
import type { withPayi as WithPayi } from '../src/index.ts';
import { bedrockModel, question, versions } from './clients.ts';

const { payi, receipts } = recordedPayi();
const { Anthropic, AnthropicBedrock } = versions.newest;

let withPayi: typeof WithPayi;
beforeEach(async () => {
  // As in a new process: what calls need is not loaded yet.
  vi.resetModules();
  ({ withPayi } = await import('../src/index.ts'));
});

describe('the first call of a process', () => {
  it('goes through the fetch that its signing client had when it got Pay-i', async () => {
    const answer = async () => Response.json({ type: 'message', content: [] });
    const [own, another] = [vi.fn(answer), vi.fn(answer)];
    const keys = { awsAccessKey: 'key', awsSecretKey: 'secret', awsRegion: 'us-east-1' };
    const plain = new AnthropicBedrock({ ...keys, fetch: own });
    const client = withPayi(plain, { payi });
    Object.assign(plain, { fetch: another });
    await client.messages.create({ ...question, model: bedrockModel });
    expect(own).toHaveBeenCalledOnce();
    expect(another).not.toHaveBeenCalled();
  });

  it('that is aborted while it waits ends, also if its fetch only listens for aborts', async () => {
    const sent = vi.fn(listeningFetch);
    const caller = new AbortController();
    const plain = new Anthropic({
      apiKey: 'sk-ant-test',
      fetch: sent,
      middleware: [
        (request, next) => {
          const response = next(request);
          caller.abort();
          return response;
        },
      ],
    });
    const call = withPayi(plain, { payi }).messages.create(question, { signal: caller.signal });
    await expect(call).rejects.toBeInstanceOf(APIUserAbortError);
    expect(sent).not.toHaveBeenCalled();
    expect(receipts).toEqual([]);
  });
});
