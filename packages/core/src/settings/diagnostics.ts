import { isPromiseLike, warn } from '../runtime.ts';

/** What a diagnostic is about, for programs. */
export type DiagnosticCode =
  /** A callback of the application threw or rejected. The call went on. */
  | 'CALLBACK_FAILED'
  /** A client cannot be extended, and works as it did before. */
  | 'CLIENT_LEFT_ALONE'
  /** Headers given to a call cannot be read as annotations, or are annotations in their place. The call went on. */
  | 'INVALID_HEADERS'
  /** Events could not be reported to Pay-i, not yet or not at all. No call was touched. */
  | 'DELIVERY_FAILED'
  /** Something inside these packages failed. The call went on without it. */
  | 'INTERNAL_FAULT'
  /** An operation was registered again with other options; the first registration stays in force. */
  | 'REGISTRATION_IGNORED'
  /** An option that this version does not know. */
  | 'UNKNOWN_OPTION';

/** Something the application should hear about that did not stop its call. Holds no prompt and no credential. */
export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly message: string;
  /** The operation that was under way, if one was. */
  readonly operation?: string | undefined;
  /** What was thrown, if something was. */
  readonly cause?: unknown;
}

/** Hears about diagnostics. Nothing waits for it; what it throws is ignored. */
export type OnDiagnostic = (diagnostic: Diagnostic) => void;

/**
 * The one place where diagnostics leave these packages: the application's hook, or, without one, one warning on the
 * console for each code. Never throws, and a hook that rejects leaves no unhandled rejection.
 */
export function createReporter(onDiagnostic: OnDiagnostic | undefined): OnDiagnostic {
  const warned = new Set<DiagnosticCode>();
  return (diagnostic) => {
    try {
      if (onDiagnostic !== undefined) {
        const result: unknown = onDiagnostic(diagnostic);
        if (isPromiseLike(result)) result.then(undefined, () => {});
      } else if (!warned.has(diagnostic.code)) {
        warned.add(diagnostic.code);
        warn(
          `[payi] ${diagnostic.code}: ${diagnostic.message} (said once; pass onDiagnostic to createPayi for all)`,
        );
      }
    } catch {
      // A hook that fails has nobody left to tell.
    }
  };
}

/** Says of each that the function it was given to does not know it. */
export function reportUnknownOptions(caller: string, names: readonly string[], report: OnDiagnostic): void {
  for (const name of names) {
    report({
      code: 'UNKNOWN_OPTION',
      message: `${caller} does not know the option ${JSON.stringify(name)}`,
    });
  }
}
