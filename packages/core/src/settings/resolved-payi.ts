import type { Annotations } from '../annotations/annotations.ts';
import type { CallContent } from '../call/capture.ts';
import type { Receipt } from '../call/receipt.ts';
import type { OpenDelivery } from '../call/settled-call.ts';
import { ConfigurationError } from '../errors.ts';
import type { DeliveryOptions } from './delivery-options.ts';
import type { OnDiagnostic } from './diagnostics.ts';
import type { Payi, Route } from './payi.ts';

/** The settings that adapters need. Kept off the {@link Payi} object, so that printing it shows no key. */
export interface ResolvedPayi {
  readonly route: Route;
  readonly baseUrl: string;
  /** Frozen at every level. Without empty fields. */
  readonly defaults: Annotations;
  /** {@link defaults}, encoded. Frozen. */
  readonly defaultHeaders: Readonly<Record<string, string>>;
  readonly report: OnDiagnostic;
  /** As given to `createPayi()`. */
  readonly onReceipt: ((receipt: Receipt) => void) | undefined;
  readonly deliveryOptions: DeliveryOptions;
  /** On route `direct`, from the time when an adapter has resolved it. */
  delivery: OpenDelivery | undefined;
  /** Opens {@link delivery}. Only a `Payi` of `createPayi()` on route `direct` can. */
  readonly openDelivery: (() => OpenDelivery) | undefined;
  /** Starts to keep the content of one call. Absent unless `capture` asks for content. */
  readonly captureCall: (() => CallContent) | undefined;
  /** @throws `ConfigurationError` when there is no key and the route needs one. */
  apiKey(): string;
}

/** The member of a {@link Payi} with its settings, for every copy of this package. */
export const resolvedKey: unique symbol = Symbol.for('@payi/core.ResolvedPayi') as never;

/** @throws {@link ConfigurationError} the value was not made by {@link createPayi}. */
export function internalsOf(payi: Payi): ResolvedPayi {
  const internals = (payi as { [resolvedKey]?: ResolvedPayi } | null)?.[resolvedKey];
  if (internals === undefined) {
    throw new ConfigurationError('payi must be what createPayi() returned');
  }
  return internals;
}

/** Whether a URL leads to Pay-i. */
export function isAtPayi({ baseUrl }: Pick<ResolvedPayi, 'baseUrl'>, url: string): boolean {
  return url.startsWith(baseUrl) && url[baseUrl.length] === '/';
}
