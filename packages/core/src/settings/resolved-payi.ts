import type { Annotations } from '../annotations/annotations.ts';
import type { Mending } from '../annotations/mend-annotations.ts';
import type { Bypass } from '../call/bypass.ts';
import type { Gate, GatedCall } from '../call/gate.ts';
import type { Receipt } from '../call/receipt.ts';
import type { OpenCalls, OpenDelivery } from '../call/settled-call.ts';
import { ConfigurationError } from '../errors.ts';
import { fromEnvironment } from '../runtime.ts';
import type { CaptureOptions } from './capture-options.ts';
import type { DeliveryOptions } from './delivery-options.ts';
import { type CleanDiagnostic, createReporter, type OnDiagnostic } from './diagnostics.ts';
import type { Payi, Route } from './payi.ts';
import type { PayiOptions } from './payi-options.ts';

/**
 * The settings that adapters need. A hidden member of the {@link Payi}, so that printing it shows no key. Optional members
 * come only from `createPayi()`.
 */
export interface ResolvedPayi {
  /** If `false`, only `route` and `baseUrl` are set. */
  readonly isEnabled?: false;
  readonly route: Route;
  readonly baseUrl: string;
  /** Frozen at every level. Without empty fields. */
  readonly defaults: Annotations;
  /** {@link defaults}, encoded. Frozen. `undefined` if headers cannot carry them. */
  readonly defaultHeaders: Readonly<Record<string, string>> | undefined;
  /** What becomes of annotations that cannot be sent as they are. Absent if such calls are refused. */
  readonly mend?: Mending | undefined;
  readonly report: OnDiagnostic;
  /** Gets the receipt of each call when it has ended. */
  readonly onEnd?: ((receipt: Receipt, call: GatedCall) => void) | undefined;
  /** Gets it when it is final. */
  readonly onReceipt?: ((receipt: Receipt, call: GatedCall) => void) | undefined;
  /** Plugins, and the annotations that are required. Absent where there are none. */
  readonly gate?: Gate | undefined;
  /** Where calls are reported. */
  readonly openCalls?: OpenCalls | undefined;
  /** What `stats()` tells besides the counts of the delivery. */
  readonly counts?: { unpriced: number; unattributed: number };
  readonly deliveryOptions?: DeliveryOptions;
  /** On route `direct` and with a {@link bypass}, once an adapter has resolved these settings. */
  delivery?: OpenDelivery | undefined;
  /**
   * Opens {@link delivery}. Absent where calls are not reported.
   *
   * @throws `ConfigurationError` when the option `delivery` is malformed.
   */
  readonly openDelivery?: (() => OpenDelivery) | undefined;
  /** On route `proxy` with `onUnavailable: 'direct'`. */
  readonly bypass?: Bypass | undefined;
  /** What is kept of the content of calls. Absent if nothing is. */
  readonly capture?: CaptureOptions | undefined;
  /** @throws `ConfigurationError` when there is no key and the route needs one. */
  apiKey(): string;
}

/** The member of a {@link Payi} with its settings, for every copy of this package. */
export const resolvedKey: unique symbol = Symbol.for('@payi/core.ResolvedPayi') as never;

/** @throws {@link ConfigurationError} the value was not created by {@link createPayi}. */
export function internalsOf(payi: Payi): ResolvedPayi {
  const internals = (payi as { [resolvedKey]?: ResolvedPayi } | null)?.[resolvedKey];
  if (internals === undefined) {
    throw new ConfigurationError('payi must be what createPayi() returned');
  }
  return internals;
}

/** Whether Pay-i is switched off, by the environment or by the option `payi` of an adapter. */
export function isDisabled(options?: unknown): boolean {
  const { payi } = Object(options) as { readonly payi?: { [resolvedKey]?: ResolvedPayi } };
  return (
    /^(?:1|true)$/i.test(fromEnvironment('PAYI_DISABLED') ?? '') || payi?.[resolvedKey]?.isEnabled === false
  );
}

/**
 * The settings that adapters need. Without an argument they come from the environment.
 *
 * Opens the delivery if there is one. Its options are checked here rather than in `createPayi()`.
 *
 * @throws `ConfigurationError` the value was not created by `createPayi()`, or its `delivery` is malformed.
 */
export function resolvePayi(payi?: Payi): ResolvedPayi {
  if (payi === undefined) return basicSettings({});
  const internals = internalsOf(payi);
  internals.delivery ??= internals.openDelivery?.();
  return internals;
}

/** Where Pay-i is and how it is reached. What the options leave out comes from the environment. */
export function basicSettings(
  { route, apiKey, baseUrl, onDiagnostic }: PayiOptions,
  clean?: CleanDiagnostic,
): ResolvedPayi {
  const key = parseApiKey(apiKey ?? fromEnvironment('ASCERTA_API_KEY', 'PAYI_API_KEY'));
  const settings: ResolvedPayi = {
    route: route ?? 'proxy',
    baseUrl: parseBaseUrl(baseUrl ?? fromEnvironment('ASCERTA_BASE_URL', 'PAYI_BASE_URL') ?? defaultBaseUrl),
    defaults: Object.freeze({}),
    defaultHeaders: Object.freeze({}),
    report: createReporter(onDiagnostic ?? undefined, clean),
    apiKey() {
      if (key !== undefined) return key;
      throw new ConfigurationError(
        `route '${settings.route}' needs a Pay-i application key. Pass apiKey to createPayi(), or set ` +
          'ASCERTA_API_KEY or PAYI_API_KEY in the environment. To send annotations to a gateway of your own, use route ' +
          `'headers'${addressHint(settings.baseUrl)}.`,
      );
    },
  };
  if (key !== undefined && settings.route !== 'headers' && isUnencrypted(settings.baseUrl)) {
    settings.report({
      code: 'BASE_URL_WITHOUT_TLS',
      message: `Pay-i's key, prompts and answers travel unencrypted to ${settings.baseUrl}: use https:`,
    });
  }
  return settings;
}

export const defaultBaseUrl = 'https://api.pay-i.com';

/** What to add to the message of a failure. Empty unless the address is the default. */
export function addressHint(baseUrl: string): string {
  return baseUrl === defaultBaseUrl
    ? '. Pay-i gives each customer an address of its own: set baseUrl, ASCERTA_BASE_URL or PAYI_BASE_URL to yours'
    : '';
}

/** Whether requests leave this machine without TLS. */
export function isUnencrypted(baseUrl: string): boolean {
  return /^http:\/\/(?!(?:(?:[\w-]+\.)*localhost|127(?:\.\d+){3}|\[::1\])(?:[:/]|$))/i.test(baseUrl);
}

function parseBaseUrl(text: unknown): string {
  // No `URL` class: it is not among the globals that core uses (runtime.ts).
  if (typeof text !== 'string' || !/^https?:\/\/[^\s/?#@]+(\/[^\s?#@]*)?$/i.test(text)) {
    throw new ConfigurationError(
      'baseUrl (or ASCERTA_BASE_URL, PAYI_BASE_URL) must be an absolute http: or https: URL without credentials, ' +
        'query or fragment, for example https://api.pay-i.com',
    );
  }
  return text.replace(/\/+$/, '');
}

function parseApiKey(key: unknown): string | undefined {
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || !/^[\x21-\x7e]+$/.test(key.trim())) {
    throw new ConfigurationError(
      'apiKey (or ASCERTA_API_KEY, PAYI_API_KEY) must be printable ASCII without blanks',
    );
  }
  return key.trim();
}

/** Whether a URL leads to Pay-i. */
export function isAtPayi({ baseUrl }: Pick<ResolvedPayi, 'baseUrl'>, url: string): boolean {
  return url.startsWith(baseUrl) && url[baseUrl.length] === '/';
}
