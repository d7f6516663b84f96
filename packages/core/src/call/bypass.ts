import type { OnDiagnostic } from '../settings/diagnostics.ts';

/** Whether calls skip Pay-i because it is down. Shared by all clients of one `Payi`. `http/bypass.ts` sends those calls. */
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
