import { runCallback } from '../call/callbacks.ts';
import type { OpenDelivery } from '../call/settled-call.ts';
import { onExit } from '../runtime.ts';
import type { Delivery } from './delivery.ts';
import type { DeliveryTarget } from './delivery-target.ts';

/** Loads the module of {@link Delivery}, a chunk of its own, with the first call that ends. */
export function openDelivery(target: DeliveryTarget): OpenDelivery {
  const { options, report } = target;
  let delivery: Delivery | undefined;
  let loading: Promise<Delivery> | undefined;
  /** Calls that have ended before there is a delivery to count them. */
  let waiting = 0;
  const load = (): Promise<Delivery> => {
    loading ??= import('./delivery.ts').then((module) => {
      delivery = new module.Delivery(target);
      return delivery;
    });
    return loading;
  };
  const failed = (cause: unknown): void => {
    report({ code: 'INTERNAL_FAULT', message: 'the delivery of events could not be loaded', cause });
  };
  const flush = async (timeoutMs?: number): Promise<boolean> =>
    loading === undefined ||
    (await loading.then(
      (loaded) => loaded.flush(timeoutMs),
      () => false,
    ));
  // What an earlier process left behind has waited long enough; and what goes to a disk can still go there at an exit.
  if (options.journal !== undefined || options.offline !== undefined) load().catch(failed);
  return {
    accept(call) {
      if (delivery !== undefined) delivery.accept(call);
      else {
        waiting += 1;
        const takeBack = onExit(() => {
          const message = '1 event(s) given up: the process ended before they were delivered';
          report({ code: 'DELIVERY_FAILED', message });
        });
        load()
          .then(
            (loaded) => loaded.accept(call),
            (cause) => {
              failed(cause);
              call.conclude(call.receipt);
            },
          )
          .finally(() => {
            waiting -= 1;
            takeBack();
          });
      }
      const { waitUntil } = options;
      // Outside of a request many a runtime has nothing to keep alive, and says so by throwing.
      if (waitUntil !== undefined) runCallback(waitUntil, flush(), call.receipt.operation, report);
    },
    flush,
    close: async (timeoutMs) => (await load()).close(timeoutMs),
    stats: () => delivery?.stats() ?? { queued: waiting },
  };
}
