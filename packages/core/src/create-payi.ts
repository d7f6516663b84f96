import type { Annotations } from './annotations.ts';
import { type CaptureOptions, parseCapture } from './capture.ts';
import { checkFunction, checkObject } from './check-options.ts';
import { createHeaders } from './create-headers.ts';
import { deepFreeze } from './deep-freeze.ts';
import type { DeliveryOptions, DeliveryStats, FlushOptions } from './delivery/delivery-options.ts';
import type { OpenDelivery } from './delivery/open-delivery.ts';
import { createReporter, type OnDiagnostic, reportUnknownOptions } from './diagnostics.ts';
import { ConfigurationError } from './errors.ts';
import { parseHeaders } from './parse-headers.ts';
import type { Receipt } from './receipt.ts';
import { fromEnvironment } from './runtime.ts';

declare global {
  /** As in the library `esnext.disposable` and in the types of Node.js, for applications that compile with neither. */
  interface SymbolConstructor {
    readonly asyncDispose: unique symbol;
  }
}

/**
 * The way a call and its annotations take.
 *
 * - `proxy`: through Pay-i, annotations as unsigned headers. Needs a key.
 * - `direct`: as without Pay-i, byte for byte; no annotation reaches the provider. Needs a key, for what is reported.
 * - `headers`: to wherever the caller's client points (a gateway of their own), annotations as unsigned headers.
 */
export type Route = 'proxy' | 'direct' | 'headers';

/** Where calls go, what they carry and who hears of them. Unknown members are diagnostic `UNKNOWN_OPTION`. */
export interface PayiOptions {
  /** @default 'proxy' */
  readonly route?: Route | undefined;
  /**
   * Pay-i application key. Sent to Pay-i only; never logged, never in an error.
   *
   * @default environment variable `PAYI_API_KEY`, else `ASCERTA_API_KEY`
   */
  readonly apiKey?: string | undefined;
  /**
   * Where Pay-i is, as an absolute `http:` or `https:` URL.
   *
   * @default environment variable `PAYI_BASE_URL`, else `ASCERTA_BASE_URL`, else `https://api.pay-i.com`
   */
  readonly baseUrl?: string | undefined;
  /** Annotations of every call, below those of the call itself. Checked and encoded once, here. */
  readonly defaults?: Annotations | undefined;
  /**
   * Gets the receipt of each call, when the call has ended; for a stream, when the stream has; on route `direct`, when
   * Pay-i has answered for its event or delivery has given it up. Nothing waits for it; if it throws or rejects, that is
   * diagnostic `CALLBACK_FAILED`.
   */
  readonly onReceipt?: ((receipt: Receipt) => void) | undefined;
  /** Hears about whatever did not go as it should and did not stop a call. Without it: one console warning per code. */
  readonly onDiagnostic?: OnDiagnostic | undefined;
  /**
   * What of their content is reported of calls on route `direct`; `true` for prompts, answers and headers. A call whose
   * annotation `logPromptAndResponse` is false is reported without any. Of no effect on the other routes: on `proxy`
   * Pay-i sees the call itself.
   *
   * @default false
   */
  readonly capture?: boolean | CaptureOptions | undefined;
  /** How route `direct` reports calls. Of no effect on the other routes. */
  readonly delivery?: DeliveryOptions | undefined;
}

/** How an application reaches Pay-i. Made by {@link createPayi}, handed to any number of adapters and clients. */
export interface Payi {
  readonly route: Route;
  /** Without a slash at its end. */
  readonly baseUrl: string;
  /**
   * Sends what is queued, and waits for that: not for calls that end meanwhile. Only route `direct` has a queue.
   *
   * @returns Whether nothing of it is left: delivered or given up. Never rejects.
   */
  flush(options?: FlushOptions): Promise<boolean>;
  /**
   * Waits until nothing is queued, and takes no event after that: calls go on, but are not reported any more. What is
   * left when the time is up is given up, or stays in the journal if there is one.
   *
   * @returns Whether nothing was left. Never rejects.
   */
  close(options?: FlushOptions): Promise<boolean>;
  /** What became of the events so far. Zeros on the other routes. */
  stats(): DeliveryStats;
  /** {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What an adapter needs to know. Kept off the {@link Payi} object, so that printing one shows no key. */
export interface ResolvedPayi {
  readonly route: Route;
  readonly baseUrl: string;
  /** Frozen at every level, without empty fields. */
  readonly defaults: Annotations;
  /** The same, encoded. Frozen. */
  readonly defaultHeaders: Readonly<Record<string, string>>;
  readonly report: OnDiagnostic;
  /** As given to `createPayi()`. */
  readonly onReceipt: ((receipt: Receipt) => void) | undefined;
  readonly capture: CaptureOptions | undefined;
  readonly deliveryOptions: DeliveryOptions;
  /** On route `direct`, from the time when an adapter has resolved it. */
  delivery: OpenDelivery | undefined;
  /** @throws `ConfigurationError` when there is no key and the route needs one. */
  apiKey(): string;
}

const routes: ReadonlySet<unknown> = new Set<Route>(['proxy', 'direct', 'headers']);
export const payiOptionNames: ReadonlySet<string> = new Set([
  'route',
  'apiKey',
  'baseUrl',
  'defaults',
  'onReceipt',
  'onDiagnostic',
  'capture',
  'delivery',
]);
/** Runtimes without `await using` have no symbol for it, and need none. */
const asyncDispose: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? (Symbol.for('Symbol.asyncDispose') as never);
const resolved: unique symbol = Symbol.for('@payi/core.ResolvedPayi') as never;

/**
 * Decides how calls reach Pay-i. Opens no connection.
 *
 * @throws {@link ConfigurationError} an option is malformed. A missing key, and what is wrong with `delivery`, is not an
 *   error here but when a client is registered: route `headers` needs neither.
 * @throws {@link InvalidAnnotationError} or {@link HeaderEncodingError} from `defaults`.
 */
export function createPayi(options: PayiOptions = {}): Payi {
  checkObject('what createPayi() takes', options);
  checkFunction('onReceipt', options.onReceipt);
  checkFunction('onDiagnostic', options.onDiagnostic);
  const route = options.route ?? 'proxy';
  if (!routes.has(route)) {
    throw new ConfigurationError("route must be 'proxy', 'direct' or 'headers'");
  }
  const baseUrl = parseBaseUrl(
    options.baseUrl ?? fromEnvironment('PAYI_BASE_URL', 'ASCERTA_BASE_URL') ?? 'https://api.pay-i.com',
  );
  const apiKey = parseApiKey(options.apiKey ?? fromEnvironment('PAYI_API_KEY', 'ASCERTA_API_KEY'));
  const defaultHeaders = Object.freeze(createHeaders(options.defaults ?? {}));
  const report = createReporter(options.onDiagnostic ?? undefined);
  const key = (): string => {
    if (apiKey === undefined) throw missingKey(route);
    return apiKey;
  };
  const internals: ResolvedPayi = {
    route,
    baseUrl,
    // Read back from what was encoded, so that nothing the application holds can make the two differ later.
    defaults: deepFreeze(parseHeaders(defaultHeaders)),
    defaultHeaders,
    report,
    onReceipt: options.onReceipt ?? undefined,
    capture: parseCapture(options.capture),
    deliveryOptions: options.delivery ?? {},
    delivery: undefined,
    apiKey: key,
  };
  reportUnknownOptions(
    'createPayi()',
    Object.keys(options).filter((name) => !payiOptionNames.has(name)),
    report,
  );
  const payi: Payi = Object.assign(Object.create(queue) as typeof queue, { route, baseUrl });
  return Object.freeze(Object.defineProperty(payi, resolved, { value: internals }));
}

const emptyStats: DeliveryStats = Object.freeze({
  queued: 0,
  sent: 0,
  retried: 0,
  rejected: 0,
  dropped: 0,
  bytes: 0,
});

/** Of all that {@link createPayi} makes, so that the objects themselves hold facts only. */
const queue: Omit<Payi, 'route' | 'baseUrl'> = {
  async flush(this: Payi, options) {
    return finish(this, 'flush', options);
  },
  async close(this: Payi, options) {
    return finish(this, 'close', options);
  },
  stats(this: Payi) {
    return { ...emptyStats, ...internalsOf(this).delivery?.stats() };
  },
  async [asyncDispose](this: Payi) {
    await this.close();
  },
};

async function finish(payi: Payi, how: 'flush' | 'close', options?: FlushOptions): Promise<boolean> {
  const internals = internalsOf(payi);
  const { route, delivery, deliveryOptions, report } = internals;
  try {
    // It may hold what an earlier process left, though no client has been given this `Payi` yet.
    if (route === 'direct' && delivery === undefined) deliveryOptions.journal?.open?.(payi);
  } catch (cause) {
    report({ code: 'DELIVERY_FAILED', message: 'the journal could not be read', cause });
    return false;
  }
  return (await internals.delivery?.[how](options?.timeoutMs)) ?? true;
}

/** @throws {@link ConfigurationError} the value was not made by {@link createPayi}. */
export function internalsOf(payi: Payi): ResolvedPayi {
  const internals = (payi as { [resolved]?: ResolvedPayi } | null)?.[resolved];
  if (internals === undefined) {
    throw new ConfigurationError('payi must be what createPayi() returned');
  }
  return internals;
}

function parseBaseUrl(text: unknown): string {
  // No URL class here: it is not part of the language, and core's root entry uses nothing else.
  if (typeof text !== 'string' || !/^https?:\/\/[^\s/?#@]+(\/[^\s?#@]*)?$/i.test(text)) {
    throw new ConfigurationError(
      'baseUrl (or PAYI_BASE_URL, ASCERTA_BASE_URL) must be an absolute http: or https: URL without credentials, ' +
        'query or fragment, for example https://api.pay-i.com',
    );
  }
  return text.replace(/\/+$/, '');
}

function parseApiKey(key: unknown): string | undefined {
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || !/^[\x21-\x7e]+$/.test(key.trim())) {
    throw new ConfigurationError(
      'apiKey (or PAYI_API_KEY, ASCERTA_API_KEY) must be printable ASCII without blanks',
    );
  }
  return key.trim();
}

function missingKey(route: Route): ConfigurationError {
  return new ConfigurationError(
    `route '${route}' needs a Pay-i application key. Pass apiKey to createPayi(), or set the environment variable ` +
      "PAYI_API_KEY, or set ASCERTA_API_KEY. To send annotations to a gateway of your own, use route 'headers'.",
  );
}
