import { annotationRows } from '../annotations/annotation-rows.ts';
import type { Annotations } from '../annotations/annotations.ts';
import { checkAnnotations, encodeHeaders } from '../annotations/create-headers.ts';
import type { InvalidAnnotations, Mending } from '../annotations/mend-annotations.ts';
import { parseHeaders } from '../annotations/parse-headers.ts';
import { newBypass } from '../call/bypass.ts';
import { hooksOf, requireAnnotations } from '../call/plugins.ts';
import type { OpenCalls } from '../call/settled-call.ts';
import { openDelivery } from '../delivery/open-delivery.ts';
import { ConfigurationError } from '../errors.ts';
import { deepFreeze } from '../runtime.ts';
import { errorWithoutSecrets, withoutSecrets } from '../secrets/secrets.ts';
import { parseCapture } from './capture-options.ts';
import type { Diagnostic, OnDiagnostic } from './diagnostics.ts';
import { parseDelivery } from './parse-delivery.ts';
import type { DeliveryStats, FlushOptions, Payi, Route } from './payi.ts';
import type { PayiOptions } from './payi-options.ts';
import type { PayiPlugin } from './plugin.ts';
import { checkFunction, checkObject, payiOptionNames, reportUnknownOptions } from './resolve-options.ts';
import { basicSettings, internalsOf, isDisabled, type ResolvedPayi, resolvedKey } from './resolved-payi.ts';

const policies: readonly unknown[] = ['refuse', 'fold', 'leave-out'] satisfies InvalidAnnotations[];
const fields: readonly string[] = /* @__PURE__ */ annotationRows.map(({ field }) => field);
const routes: readonly unknown[] = ['proxy', 'direct', 'headers'] satisfies Route[];

/**
 * Decides how calls reach Pay-i. Opens no connection.
 *
 * @throws {@link ConfigurationError} an option is malformed. A missing key or a malformed `delivery` throws only when a
 *   client is registered, because route `headers` needs neither.
 * @throws {@link InvalidAnnotationError} or {@link HeaderEncodingError} from `defaults`. For text that no header can carry,
 *   `invalidAnnotations` and route `direct` prevent this.
 */
export function createPayi(options: PayiOptions = {}): Payi {
  const { enabled, route: wanted = 'proxy', baseUrl: address = '' } = Object(options) as PayiOptions;
  if (enabled === false || isDisabled()) {
    return payiOf({ isEnabled: false, route: wanted, baseUrl: address } as ResolvedPayi);
  }
  checkObject('what createPayi() takes', options);
  if (typeof enabled !== 'boolean' && enabled !== undefined) {
    throw new ConfigurationError('enabled must be true or false');
  }
  checkFunction('onReceipt', options.onReceipt);
  checkFunction('onDiagnostic', options.onDiagnostic);
  if (!routes.includes(options.route ?? 'proxy')) {
    throw new ConfigurationError("route must be 'proxy', 'direct' or 'headers'");
  }
  const { onUnavailable = 'fail', invalidAnnotations: policy = 'refuse' } = options;
  if (!policies.includes(policy)) {
    throw new ConfigurationError("invalidAnnotations must be 'refuse', 'fold' or 'leave-out'");
  }
  if (onUnavailable !== 'fail' && onUnavailable !== 'direct') {
    throw new ConfigurationError("onUnavailable must be 'fail' or 'direct'");
  }
  const settings = basicSettings(options, diagnosticWithoutSecrets);
  const { route, baseUrl, apiKey, report } = settings;
  const deliveryOptions = options.delivery ?? {};
  const counts = { unpriced: 0, unattributed: 0 };
  const travels = route !== 'direct';
  const mend = travels && policy === 'refuse' ? undefined : { policy, travels };
  const openCalls: OpenCalls = new Map();
  const bypass = route === 'proxy' && onUnavailable === 'direct' ? newBypass(report) : undefined;
  const internals: ResolvedPayi = {
    ...settings,
    ...defaultsFrom(options.defaults ?? {}, mend),
    mend,
    ...hooksFrom(options, report, counts),
    deliveryOptions,
    capture: parseCapture(options.capture),
    counts,
    bypass,
    ...((route === 'direct' || bypass !== undefined) && {
      openCalls,
      openDelivery: () =>
        openDelivery({ baseUrl, apiKey, report, openCalls, options: parseDelivery(deliveryOptions, report) }),
    }),
  };
  reportUnknownOptions(
    'createPayi()',
    Object.keys(options).filter((name) => !payiOptionNames.includes(name)),
    report,
  );
  return payiOf(internals);
}

function diagnosticWithoutSecrets({ message, cause, ...rest }: Diagnostic): Diagnostic {
  return {
    ...rest,
    message: withoutSecrets(message),
    ...(cause !== undefined && { cause: errorWithoutSecrets(cause) }),
  };
}

/** @throws {@link ConfigurationError} `plugins`, `require` or `onMissing` is malformed. */
function hooksFrom(
  { onReceipt, plugins = [], require = [], onMissing = 'report' }: PayiOptions,
  report: OnDiagnostic,
  counts: { unattributed: number },
): ReturnType<typeof hooksOf> {
  if (!Array.isArray(plugins)) throw new ConfigurationError('plugins must be a list');
  for (const plugin of plugins as PayiPlugin[]) {
    checkObject('a plugin', plugin);
    if (typeof plugin.name !== 'string') throw new ConfigurationError('a plugin must have a name');
    checkFunction(`beforeCall of plugin ${plugin.name}`, plugin.beforeCall);
    checkFunction(`afterCall of plugin ${plugin.name}`, plugin.afterCall);
    checkFunction(`onReceipt of plugin ${plugin.name}`, plugin.onReceipt);
  }
  const unknown = Array.isArray(require) ? require.filter((field) => !fields.includes(field)) : ['it'];
  if (unknown.length > 0) {
    throw new ConfigurationError(`require must be a list of names of annotations, and ${unknown} is none`);
  }
  if (onMissing !== 'report' && onMissing !== 'refuse') {
    throw new ConfigurationError("onMissing must be 'report' or 'refuse'");
  }
  const count = (): void => {
    counts.unattributed += 1;
  };
  const check =
    require.length > 0 ? requireAnnotations(require, onMissing === 'refuse', report, count) : undefined;
  const all = onReceipt ? [...plugins, { name: 'onReceipt', onReceipt }] : plugins;
  return hooksOf(all, report, check);
}

function payiOf(internals: ResolvedPayi): Payi {
  const { route, baseUrl } = internals;
  const payi: Payi = Object.assign(Object.create(queue) as typeof queue, { route, baseUrl });
  return Object.freeze(Object.defineProperty(payi, resolvedKey, { value: internals }));
}

/** @throws `PayiError` from annotations that cannot be sent: the route is already known. */
function defaultsFrom(
  given: Annotations,
  mend: Mending | undefined,
): Pick<ResolvedPayi, 'defaults' | 'defaultHeaders'> {
  try {
    const defaultHeaders = Object.freeze(encodeHeaders(given));
    // Decoded from the headers, so that later changes to the application's object cannot make the two differ.
    return { defaults: deepFreeze(parseHeaders(defaultHeaders)), defaultHeaders };
  } catch (error) {
    if (mend === undefined) throw error;
    return { defaults: deepFreeze(checkAnnotations(given)), defaultHeaders: undefined };
  }
}

const emptyStats: DeliveryStats = {
  queued: 0,
  sent: 0,
  retried: 0,
  rejected: 0,
  dropped: 0,
  bytes: 0,
  unpriced: 0,
  unattributed: 0,
};

/** The prototype of every `Payi`, so that the objects themselves have only data. */
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
      const { delivery, counts } = internalsOf(this);
      return { ...emptyStats, ...delivery?.stats(), ...counts };
    },
    async [asyncDispose](this: Payi) {
      await this.close();
    },
  };
}

async function finish(payi: Payi, how: 'flush' | 'close', options?: FlushOptions): Promise<boolean> {
  const internals = internalsOf(payi);
  const { openDelivery, delivery, deliveryOptions, report } = internals;
  try {
    // The journal may contain events of an earlier process even if no client uses this `Payi` yet.
    if (openDelivery !== undefined && delivery === undefined) deliveryOptions?.journal?.open?.(payi);
  } catch (cause) {
    report({ code: 'DELIVERY_FAILED', message: 'the journal could not be read', cause });
    return false;
  }
  try {
    return (await internals.delivery?.[how](options?.timeoutMs)) ?? true;
  } catch (cause) {
    report({ code: 'INTERNAL_FAULT', message: `${how}() failed`, cause });
    return false;
  }
}
