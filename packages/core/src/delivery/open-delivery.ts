import { runCallback } from '../call/callbacks.ts';
import type { OpenDelivery, SettledCall } from '../call/settled-call.ts';
import { onExit } from '../runtime.ts';
import type { Delivery } from './delivery.ts';
import type { DeliveryTarget } from './delivery-parts.ts';
import { withWarning } from './with-warning.ts';

/** Delivers events with {@link Delivery}, whose module, a chunk of its own, is loaded when the first call ends. */
export function openDelivery(target: DeliveryTarget): OpenDelivery {
  const { options, report, openCalls } = target;
  let delivery: Delivery | undefined;
  let loading: Promise<Delivery | undefined> | undefined;
  /** Calls that ended before there was a delivery. */
  const waiting: SettledCall[] = [];
  let dropped = 0;
  let stopListening: (() => void) | undefined;

  const giveUp = (calls: SettledCall[], reason: string, cause?: unknown): void => {
    stopListening?.();
    stopListening = undefined;
    dropped += calls.length;
    const message = `${calls.length} event(s) given up: ${reason}`;
    report({ code: 'DELIVERY_FAILED', message, ...(cause !== undefined && { cause }) });
    const complete = withWarning(`not reported to Pay-i: ${reason}`);
    for (const { conclude, receipt } of calls) conclude(complete(receipt));
  };
  const load = async (): Promise<Delivery | undefined> => {
    try {
      const module = await import('./delivery.ts');
      delivery = new module.Delivery(target);
    } catch (cause) {
      loading = undefined;
      giveUp(waiting.splice(0), 'the module that delivers them could not be loaded', cause);
    }
    stopListening?.();
    for (const call of waiting.splice(0)) delivery?.accept(call);
    return delivery;
  };
  const loaded = (): Promise<Delivery | undefined> => {
    loading ??= load();
    return loading;
  };
  const exit = (): void => giveUp(waiting.splice(0), 'the process ended before they were delivered');
  const flush = async (timeoutMs?: number): Promise<boolean> =>
    (loading === undefined && openCalls.size === 0) || ((await loaded())?.flush(timeoutMs) ?? false);

  // At once, to deliver what an earlier process left behind, and to write calls that end while the process exits.
  if (options.journal !== undefined || options.offline !== undefined) void loaded();
  return {
    accept(call) {
      if (delivery !== undefined) delivery.accept(call);
      else {
        waiting.push(call);
        stopListening ??= onExit(exit);
        void loaded();
      }
      const { waitUntil } = options;
      // Some runtimes throw outside of a request, where there is nothing to keep alive.
      if (waitUntil !== undefined) {
        const delivered = loaded().then((ready) => ready?.flushWithin());
        runCallback(waitUntil, delivered, call.receipt.operation, report);
      }
    },
    flush,
    close: async (timeoutMs) => (await loaded())?.close(timeoutMs) ?? false,
    // More than half, so that whoever makes room waits for the module.
    fullness: () => delivery?.fullness() ?? Math.min(waiting.length, 0.6),
    stats() {
      const stats = delivery?.stats() ?? { queued: waiting.length };
      return { ...stats, dropped: dropped + (stats.dropped ?? 0) };
    },
  };
}
