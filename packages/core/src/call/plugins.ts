import { InvalidAnnotationError, isPayiError } from '../errors.ts';
import { isPromiseLike, later } from '../runtime.ts';
import type { OnDiagnostic } from '../settings/diagnostics.ts';
import type { PayiPlugin, PluginCall } from '../settings/plugin.ts';
import { runCallback } from './callbacks.ts';
import type { Gate, GatedCall } from './gate.ts';
import type { Receipt } from './receipt.ts';

const defaultTimeoutMs = 1000;

type Tell = (receipt: Receipt, gated: GatedCall) => void;

/** What plugins have to do with calls. Members that no plugin needs are absent. */
interface Hooks {
  readonly gate?: Gate;
  readonly onEnd?: Tell | undefined;
  readonly onReceipt?: Tell | undefined;
}

/**
 * Combines plugins. They run at the same time.
 *
 * @param check - Looks at every call first. Throws to refuse it.
 */
export function hooksOf(
  plugins: readonly PayiPlugin[],
  report: OnDiagnostic,
  check?: (gated: GatedCall) => void,
): Hooks {
  const before = plugins.filter(({ beforeCall }) => beforeCall !== undefined);
  const calls = new WeakMap<GatedCall, PluginCall>();

  const gate: Gate = (gated, body) => {
    check?.(gated);
    if (before.length === 0) return undefined;
    const { category, operation, resource, annotations } = gated.call;
    const call = Object.freeze({ category, operation, resource, annotations, body });
    calls.set(gated, call);
    const running = before.map((plugin) => ask(plugin, call, report)).filter(isPromiseLike);
    return running.length === 0 ? undefined : Promise.all(running);
  };

  const last = plugins.some(({ onReceipt }) => onReceipt !== undefined) ? 'onReceipt' : 'afterCall';
  const teller = (member: 'afterCall' | 'onReceipt'): Tell | undefined => {
    const listening = plugins.filter((plugin) => plugin[member] !== undefined);
    if (listening.length === 0) return undefined;
    return (receipt, gated) => {
      const call = calls.get(gated);
      // The call holds the body of its request.
      if (member === last) calls.delete(gated);
      for (const plugin of listening) {
        const tell = (told: Receipt): void => plugin[member]?.(told, call);
        runCallback(tell, receipt, receipt.operation, report);
      }
    };
  };
  return {
    ...((before.length > 0 || check !== undefined) && { gate }),
    onEnd: teller('afterCall'),
    onReceipt: teller('onReceipt'),
  };
}

/** @returns `undefined` if there is nothing to wait for. Rejects with what refuses the call. */
function ask(plugin: PayiPlugin, call: PluginCall, report: OnDiagnostic): Promise<void> | undefined {
  const { name, timeoutMs = defaultTimeoutMs } = plugin;
  const failed = (message: string, cause?: unknown): void =>
    report({
      code: 'CALLBACK_FAILED',
      message: `plugin ${name} ${message}: ${call.operation} went on without it`,
      operation: call.operation,
      cause,
    });
  let asked: void | PromiseLike<void>;
  try {
    asked = plugin.beforeCall?.(call);
  } catch (cause) {
    // The other plugins are asked, too.
    asked = Promise.reject(cause);
  }
  if (!isPromiseLike(asked)) return undefined;
  const answer = Promise.resolve(asked);
  return new Promise((resolve, reject) => {
    const isLate = (): void => {
      failed(`took longer than ${timeoutMs} ms`);
      resolve();
    };
    const cancel = later(timeoutMs, isLate, true);
    const threw = (cause: unknown): void => {
      if (isPayiError(cause)) throw cause;
      failed('failed', cause);
    };
    answer.catch(threw).then(resolve, reject).finally(cancel);
  });
}

/** Refuses or reports calls without the annotations that a `Payi` requires. */
export function requireAnnotations(
  fields: readonly string[],
  refuses: boolean,
  report: OnDiagnostic,
  count: () => void,
): (gated: GatedCall) => void {
  const places = new Set<string>();
  return ({ call: { annotations, operation } }) => {
    const missing = fields.filter((field) => (annotations as Record<string, unknown>)[field] === undefined);
    if (missing.length === 0) return;
    count();
    const names = missing.join(', ');
    if (refuses) {
      throw new InvalidAnnotationError(missing[0] as string, `is missing: createPayi() requires ${names}`);
    }
    const place = placeOfCall();
    if (places.size >= 1000 || places.has(place)) return;
    places.add(place);
    report({
      code: 'UNATTRIBUTED',
      message: `a call has no ${names}, so its cost is nobody's${place && ` (${place})`}; said once for this place`,
      operation,
    });
  };
}

/** The line of the application that makes the call, as far as the stack reaches. */
function placeOfCall(): string {
  const errors = Error as { stackTraceLimit?: number };
  const { stackTraceLimit } = errors;
  errors.stackTraceLimit = 50;
  const lines = (new Error().stack ?? '').split('\n').slice(1);
  errors.stackTraceLimit = stackTraceLimit as number;
  const own = lines.find((line) => !/node_modules|node:|packages\/\w+\/(?:src|dist)\//.test(line));
  return own?.trim().replace(/^at /, '') ?? '';
}
