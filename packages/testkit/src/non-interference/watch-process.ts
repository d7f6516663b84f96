const events = ['unhandledRejection', 'uncaughtException'] as const;
type Listener = (...parameters: unknown[]) => void;

/** The uncaught errors since the watch began. */
export interface ProcessWatch {
  readonly incidents: readonly string[];
  /** Waits until pending errors are reported, then restores the earlier listeners. */
  stop(): Promise<void>;
}

/**
 * Watches for uncaught errors. Other listeners are removed meanwhile, so that these errors neither end the process nor
 * fail the run of a test framework.
 */
export function watchProcess(): ProcessWatch {
  const incidents: string[] = [];
  const replaced = events.map((event) => {
    const listeners = process.listeners(event as 'uncaughtException') as Listener[];
    process.removeAllListeners(event);
    const listener = (error: unknown): void => {
      incidents.push(`${event}: ${error}`);
    };
    process.on(event, listener);
    return { event, listeners, listener };
  });
  return {
    incidents,
    async stop() {
      for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      for (const { event, listeners, listener } of replaced) {
        process.removeListener(event, listener);
        for (const earlier of listeners) process.on(event, earlier);
      }
    },
  };
}
