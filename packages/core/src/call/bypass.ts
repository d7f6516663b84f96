import type { OnDiagnostic } from '../settings/diagnostics.ts';

/** The way around a Pay-i that is down, for all clients of one `Payi`. What goes it is in `http/bypass.ts`. */
export interface Bypass {
  /** How long an attempt waits for a connection to Pay-i, where the adapter opens the connection. */
  readonly connectTimeoutMs: number;
  readonly report: OnDiagnostic;
  /** Failures of Pay-i in a row. */
  failures: number;
  /** Until when attempts skip Pay-i. */
  skipsUntilMs: number;
}

export function newBypass(report: OnDiagnostic): Bypass {
  return { connectTimeoutMs: 5000, report, failures: 0, skipsUntilMs: 0 };
}
