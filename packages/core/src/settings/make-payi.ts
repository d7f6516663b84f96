import { createHeaders } from '../annotations/create-headers.ts';
import { parseHeaders } from '../annotations/parse-headers.ts';
import type { CallContent } from '../call/capture.ts';
import type { OpenDelivery } from '../call/settled-call.ts';
import { ConfigurationError } from '../errors.ts';
import { deepFreeze, fromEnvironment } from '../runtime.ts';
import { checkFunction, checkObject } from './check-options.ts';
import { createReporter, reportUnknownOptions } from './diagnostics.ts';
import type { DeliveryStats, FlushOptions, Payi, Route } from './payi.ts';
import type { PayiOptions } from './payi-options.ts';
import { internalsOf, type ResolvedPayi, resolvedKey } from './resolved-payi.ts';

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

/** The parts that only route `direct` needs. Adapters alone do not carry them, because only `createPayi()` can choose that route. */
export interface DirectRoute {
  /** @throws {@link ConfigurationError} `delivery` is malformed. */
  openDelivery(payi: ResolvedPayi): OpenDelivery;
  /**
   * @param capture - The option.
   * @returns Starts to keep the content of one call; `undefined` when the option asks for no content.
   * @throws {@link ConfigurationError} the option is malformed.
   */
  captureCalls(capture: unknown): (() => CallContent) | undefined;
}

/**
 * Makes a `Payi`; `createPayi()` documents it.
 *
 * @param direct - Absent where no option can ask for route `direct`.
 */
export function makePayi(options: PayiOptions = {}, direct?: DirectRoute): Payi {
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
    // Decoded from the headers, so that later changes of the application's object cannot make the two differ.
    defaults: deepFreeze(parseHeaders(defaultHeaders)),
    defaultHeaders,
    report,
    onReceipt: options.onReceipt ?? undefined,
    deliveryOptions: options.delivery ?? {},
    delivery: undefined,
    openDelivery: route === 'direct' && direct ? () => direct.openDelivery(internals) : undefined,
    captureCall: direct?.captureCalls(options.capture),
    apiKey: key,
  };
  reportUnknownOptions(
    'createPayi()',
    Object.keys(options).filter((name) => !payiOptionNames.has(name)),
    report,
  );
  const payi: Payi = Object.assign(Object.create(queue) as typeof queue, { route, baseUrl });
  return Object.freeze(Object.defineProperty(payi, resolvedKey, { value: internals }));
}

/**
 * The settings that adapters need. Without an argument they come from the environment.
 *
 * Opens the delivery of route `direct`, whose options are checked here rather than in `createPayi()`.
 *
 * @throws `ConfigurationError` the value was not made by `createPayi()`, or its `delivery` is malformed.
 */
export function resolvePayi(payi: Payi = makePayi()): ResolvedPayi {
  const internals = internalsOf(payi);
  internals.delivery ??= internals.openDelivery?.();
  return internals;
}

const emptyStats: DeliveryStats = { queued: 0, sent: 0, retried: 0, rejected: 0, dropped: 0, bytes: 0 };

/** The prototype of every `Payi`, so that the objects themselves hold facts only. */
const queue: Omit<Payi, 'route' | 'baseUrl'> = /* @__PURE__ */ createQueue();

function createQueue(): Omit<Payi, 'route' | 'baseUrl'> {
  // Runtimes without `await using` have no symbol for it and never look it up.
  const asyncDispose: typeof Symbol.asyncDispose =
    Symbol.asyncDispose ?? (Symbol.for('Symbol.asyncDispose') as never);
  return {
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
}

async function finish(payi: Payi, how: 'flush' | 'close', options?: FlushOptions): Promise<boolean> {
  const internals = internalsOf(payi);
  const { route, delivery, deliveryOptions, report } = internals;
  try {
    // The journal may contain events of an earlier process even if no client uses this `Payi` yet.
    if (route === 'direct' && delivery === undefined) deliveryOptions.journal?.open?.(payi);
  } catch (cause) {
    report({ code: 'DELIVERY_FAILED', message: 'the journal could not be read', cause });
    return false;
  }
  return (await internals.delivery?.[how](options?.timeoutMs)) ?? true;
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
