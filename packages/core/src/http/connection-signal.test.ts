import { afterEach, expect, it, vi } from 'vitest';
import { ConnectionSignal } from './connection-signal.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

it.each([WeakRef, undefined])('passes aborts on once it is detached, with WeakRef: %o', (weakRef) => {
  vi.stubGlobal('WeakRef', weakRef);
  const original = new AbortController();
  const signal = new ConnectionSignal(original.signal);
  const abort = vi.fn<(reason: unknown) => void>();
  const receiver = { abort };
  signal.detach(receiver);
  original.abort('left');
  expect(abort).toHaveBeenCalledExactlyOnceWith('left');
  expect(signal.signal.aborted).toBe(false);
});
