import { describe, expect, it } from 'vitest';
import { Observation } from '../call/observation.ts';
import { createPayi } from '../settings/create-payi.ts';
import { resolvePayi } from '../settings/resolved-payi.ts';
import { type AttemptIdentity, Retries } from './retries.ts';

const first: AttemptIdentity = {
  method: 'POST',
  url: 'https://provider.example/v1/chat/completions',
  body: '{"model":"m"}',
  signature: '',
  context: undefined,
  retryCount: 0,
  signal: undefined,
};
const payi = resolvePayi(createPayi({ route: 'headers' }));
const observe = (): Observation =>
  new Observation({ category: 'system.openai', operation: 'chat', resource: 'm', annotations: {} }, payi);
const never = { waitMs: 60_000 };

describe('Retries', () => {
  it('finds the call that an attempt continues', () => {
    const retries = new Retries();
    const observation = observe();
    retries.expect(first, observation, never, () => expect.unreachable());
    expect(retries.resume({ ...first, retryCount: 1, body: ['{"model":', '"m"}'].join('') })).toBe(
      observation,
    );
    expect(retries.resume({ ...first, retryCount: 1 })).toBeUndefined();
  });

  it.each([
    ['a first attempt', { retryCount: 0 }],
    ['a later attempt', { retryCount: 2 }],
    ['an attempt that is not counted', { retryCount: undefined }],
    ['another address', { retryCount: 1, url: 'https://provider.example/v1/responses' }],
    ['another body', { retryCount: 1, body: '{"model":"n"}' }],
    ['other annotations', { retryCount: 1, signature: '{"xproxy-user-id":"u"}' }],
  ])('does not take %s for it', (_name, change) => {
    const retries = new Retries();
    retries.expect(first, observe(), never, () => {});
    expect(retries.resume({ ...first, ...change })).toBeUndefined();
  });

  it('takes the one that waits longest', () => {
    const retries = new Retries();
    const [one, other] = [observe(), observe()];
    retries.expect(first, one, never, () => {});
    retries.expect(first, other, never, () => {});
    expect(retries.resume({ ...first, retryCount: 1 })).toBe(one);
    expect(retries.resume({ ...first, retryCount: 1 })).toBe(other);
  });

  it('takes an uncounted attempt after a refused token', () => {
    const retries = new Retries();
    const observation = observe();
    retries.expect(first, observation, { ...never, mayRepeatCount: true }, () => {});
    expect(retries.resume(first)).toBe(observation);
  });

  it('settles once, when the time is over or the caller aborts', async () => {
    const caller = new AbortController();
    const settled: string[] = [];
    const retries = new Retries();
    retries.expect({ ...first, signal: caller.signal }, observe(), never, () => settled.push('aborted'));
    caller.abort();
    expect(settled).toEqual(['aborted']);
    await new Promise<void>((resolve) => {
      retries.expect(first, observe(), { waitMs: 5 }, () => {
        settled.push('over');
        resolve();
      });
    });
    expect(settled).toEqual(['aborted', 'over']);
    expect(retries.resume({ ...first, retryCount: 1 })).toBeUndefined();
  });
});
