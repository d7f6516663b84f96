/**
 * Types of what `payi-doctor --json` prints, which is a {@link DoctorReport}. There is nothing to run here.
 *
 * @module
 */
export type { Finding, FindingLevel } from './finding.ts';
export type {
  ClientReport,
  ConnectionReport,
  DoctorReport,
  DryRunArrival,
  DryRunReport,
  DryRunRequest,
  LimitReport,
  MiddlewareReport,
  PackageReport,
  SettingsReport,
  UseCaseReport,
} from './report.ts';
