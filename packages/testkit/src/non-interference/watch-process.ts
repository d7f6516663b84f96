const events = ['unhandledRejection', 'uncaughtException'] as const;
type Listener = (...parameters: unknown[]) => void;

/** Errors that nobody caught, seen while watching. */
export interface ProcessWatch {
  readonly incidents: readonly string[];
  /** Waits until what is already on its way has been reported, then puts the listeners back that were there before. */
  stop(): Promise<void>;
}

/**
 * Watches for errors that nobody catches. Meanwhile no other listener is told of them, so that they are counted here
 * rather than ending the process or failing a test framework's run.
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
