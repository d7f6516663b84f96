import { runCallback } from '../callbacks.ts';
import type { CallContent } from '../capture.ts';
import type { OnDiagnostic } from '../diagnostics.ts';
import type { Receipt } from '../receipt.ts';
import { beforeExit } from './before-exit.ts';
import type { Delivery } from './delivery.ts';
import type { DeliveryOptions, DeliveryStats } from './delivery-options.ts';

/** A call that has ended, and what is to be told when it is known what became of its event. */
export interface SettledCall {
  readonly receipt: Receipt;
  readonly providerUri: string | undefined;
  /** What of its content was asked for. */
  readonly content?: CallContent | undefined;
  /** Whether anybody wants to know what the call cost. */
  isAwaited(): boolean;
  /** To be called once. Never throws. */
  conclude(receipt: Receipt): void;
}

export interface DeliveryTarget {
  readonly baseUrl: string;
  readonly apiKey: () => string;
  readonly report: OnDiagnostic;
  readonly options: DeliveryOptions;
}

/** What {@link Delivery} is to those that do not want to load it before there is something to deliver. */
export interface OpenDelivery {
  accept(call: SettledCall): void;
  flush(timeoutMs?: number): Promise<boolean>;
  close(timeoutMs?: number): Promise<boolean>;
  /** What is not said is 0. */
  stats(): Partial<DeliveryStats>;
}

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
        const takeBack = beforeExit(() => {
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
