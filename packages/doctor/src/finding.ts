/** How bad a finding is. Only `error` makes the doctor's exit code 1. */
export type FindingLevel = 'error' | 'warning' | 'ok';

/** Something the doctor looked at, what it saw there, and what to do about it. */
export interface Finding {
  readonly level: FindingLevel;
  /** For programs: stable. Where an error of the packages says the same, its code, as in docs/errors.md. */
  readonly code: string;
  /** For people: may change. */
  readonly message: string;
  /** What to do. Every error and warning has one. */
  readonly fix?: string;
}

export function error(code: string, message: string, fix: string): Finding {
  return { level: 'error', code, message, fix };
}

export function warning(code: string, message: string, fix: string): Finding {
  return { level: 'warning', code, message, fix };
}

export function ok(code: string, message: string): Finding {
  return { level: 'ok', code, message };
}
