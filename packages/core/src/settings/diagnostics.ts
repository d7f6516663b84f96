import { warn } from '../runtime.ts';

/** What a diagnostic is about, for programs. */
export type DiagnosticCode =
  /** Pay-i's key and the calls travel unencrypted: the base URL begins with `http:` and leads to another machine. */
  | 'BASE_URL_WITHOUT_TLS'
  /** A callback of the application threw or rejected. The call went on. */
  | 'CALLBACK_FAILED'
  /** A client cannot be extended and works as before. */
  | 'CLIENT_LEFT_ALONE'
  /** Headers of a call cannot be read as annotations, or annotations were given in place of headers. The call went on. */
  | 'INVALID_HEADERS'
  /** Events were not delivered to Pay-i, or not yet. Calls are not affected. */
  | 'DELIVERY_FAILED'
  /** Pay-i's default address refused a call. Pay-i gives each customer an address of its own. */
  | 'DEFAULT_BASE_URL'
  /** A client's own request handler cannot carry calls to Pay-i, which go out without it. */
  | 'HANDLER_BYPASSED'
  /** Something inside these packages failed. The call went on without it. */
  | 'INTERNAL_FAULT'
  /** Calls are not metered: a `fetch` was given to a client of another provider, or a client opens a WebSocket. */
  | 'NOT_METERED'
  /** Pay-i's proxy does not serve a client's server. Its calls go to the server itself, and Pay-i does not know of them. */
  | 'NOT_PROXIED'
  /** Pay-i could not be reached, and a call went to the provider itself, as `onUnavailable: 'direct'` says. */
  | 'PAYI_UNAVAILABLE'
  /** Pay-i, or what answers in its place, redirects to another address. It was not followed, because of Pay-i's key. */
  | 'REDIRECT_REFUSED'
  /** An operation was registered again with other options; the first registration stays in force. */
  | 'REGISTRATION_IGNORED'
  /** Calls to a server that is in no table are priced as OpenAI's. The message has the option that says what they are. */
  | 'UNKNOWN_HOST'
  /** A call lacks an annotation that `require` of `createPayi()` names. */
  | 'UNATTRIBUTED'
  /** An option that this version does not know. */
  | 'UNKNOWN_OPTION'
  /** Another tool has changed a client, and does not see the calls of its copy. */
  | 'WRAPPER_LOST';

/** A problem that did not stop a call. Contains no prompt and no credential. */
export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly message: string;
  /** The operation in progress, if any. */
  readonly operation?: string | undefined;
  /** The error that was thrown, if any; if its text quotes what looks like a secret, an object that inherits from it. */
  readonly cause?: unknown;
}

/** Receives diagnostics. Nothing waits for it, and its errors are ignored. */
export type OnDiagnostic = (diagnostic: Diagnostic) => void;

/** Takes the secrets out of a diagnostic. Comes with `createPayi()`, which alone takes a hook. */
export type CleanDiagnostic = (diagnostic: Diagnostic) => Diagnostic;

/**
 * The one place where diagnostics leave these packages. Never throws. A hook that rejects leaves no unhandled rejection.
 */
export function createReporter(
  onDiagnostic: OnDiagnostic = warnOnce(),
  clean: CleanDiagnostic = (diagnostic) => diagnostic,
): OnDiagnostic {
  return (diagnostic) => {
    try {
      Promise.resolve(onDiagnostic(clean(diagnostic))).catch(() => {});
    } catch {
      // There is nowhere left to report a hook that fails.
    }
  };
}

/** Without a hook of the application: to the console, once per code. */
function warnOnce(): OnDiagnostic {
  const warned = new Set<DiagnosticCode>();
  return ({ code, message }) => {
    if (warned.has(code)) return;
    warned.add(code);
    warn(`[payi] ${code}: ${message} (said once; pass onDiagnostic to createPayi for all)`);
  };
}
