import type { Observer } from './observer.ts';
import { Tally } from './tally.ts';

/** What instrumentations of OpenTelemetry have in common, as far as it is used here. */
export interface Instrumentation {
  enable(): void;
  disable(): void;
  setTracerProvider(provider: object): void;
  manuallyInstrument?(module: object): void;
}

interface ContextApi {
  active(): object;
  with<Result>(context: object, run: () => Result): Result;
  setGlobalContextManager(manager: object): boolean;
}

interface OpenTelemetry {
  context: ContextApi;
  createContextKey(name: string): symbol;
}

/**
 * Spans, as in production: a record is a span that has ended and is handed to a BatchSpanProcessor. Its exporter throws
 * them away, so that neither their encoding nor their way to a collector counts.
 *
 * @param contextOfUser - How the instrumentation is told of a user. Without it the user is in the context all the same.
 */
export function observeWithSpans(
  require: NodeJS.Require,
  contextOfUser?: (context: object, user: string) => object,
): Observer & { provider: object } {
  const { context, createContextKey } = require('@opentelemetry/api') as OpenTelemetry;
  const { TracerProvider, BatchSpanProcessor } = require('@opentelemetry/sdk-trace');
  const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks');
  // One for the process, whichever copy comes first; the others are refused.
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const spans = new Tally();
  const batches = new BatchSpanProcessor({
    exporter: {
      export: (_spans: object[], done: (result: { code: number }) => void) => done({ code: 0 }),
      shutdown: async () => {},
    },
  });
  const counter = {
    onStart: () => {},
    onEnd: () => spans.add(),
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const provider = new TracerProvider({ spanProcessors: [counter, batches] });
  const userKey = createContextKey('user');
  const contextOf =
    contextOfUser ??
    ((active, user) => (active as { setValue(key: symbol, value: string): object }).setValue(userKey, user));
  return {
    sends: 'nothing',
    provider,
    within: (user, run) => context.with(contextOf(context.active(), user), run),
    recorded: () => spans.count,
    async settle(calls) {
      await spans.reach(calls);
      await batches.forceFlush();
    },
    close: () => provider.shutdown(),
  };
}
