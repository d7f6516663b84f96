/** What went wrong, for programs. Codes are stable; messages are for people and may change. */
export type PayiErrorCode =
  /** An annotation or an extra header is not what it has to be. Nothing was sent. */
  | 'INVALID_ANNOTATION'
  /** A value cannot travel as an HTTP header value. Nothing was sent. */
  | 'HEADER_ENCODING'
  /** An option, or the combination of options, cannot work. */
  | 'CONFIGURATION'
  /** `extraHeaders` on an operation that has no callbacks registered. Nothing was sent. */
  | 'UNREGISTERED_OPERATION'
  /** A plugin refused the call, because a limit is used up. Nothing was sent. */
  | 'CALL_BLOCKED'
  /** The object given as a provider client is not one that this adapter can extend. */
  | 'UNSUPPORTED_CLIENT';

const brand: unique symbol = Symbol.for('@payi/core.PayiError') as never;

/** Base class of the errors that these packages throw. Errors of provider SDKs and of callbacks pass unchanged. */
export class PayiError extends Error {
  override name = 'PayiError';
  readonly code: PayiErrorCode;

  constructor(code: PayiErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    Object.defineProperty(this, brand, { value: true });
  }
}

/** The caller's data is invalid. Thrown before anything is sent. Messages name the field, never its value. */
export class InvalidAnnotationError extends PayiError {
  override name = 'InvalidAnnotationError';
  /** Path of the value in the annotations, e.g. `limitIds[1]`. */
  readonly key: string;

  constructor(key: string, problem: string, options?: ErrorOptions) {
    super('INVALID_ANNOTATION', `${key} ${problem}`, options);
    this.key = key;
  }
}

/** A value that cannot be sent as an HTTP header value: characters outside printable ASCII, or too many bytes. */
export class HeaderEncodingError extends PayiError {
  override name = 'HeaderEncodingError';
  /** Path of the value in the annotations, e.g. `userId`, or of the header, e.g. `extraHeaders["x-trace"]`. */
  readonly key: string;
  readonly headerName: string;
  /** Size of the value in bytes of UTF-8; of all headers together when their total is too large. */
  readonly byteLength: number;

  constructor(key: string, headerName: string, byteLength: number, problem: string) {
    super('HEADER_ENCODING', `${key} ${problem} (header ${headerName}, ${byteLength} bytes)`);
    this.key = key;
    this.headerName = headerName;
    this.byteLength = byteLength;
  }
}

/** An option that is missing, malformed or contradicts another. The message names the ways out. */
export class ConfigurationError extends PayiError {
  override name = 'ConfigurationError';

  constructor(message: string, options?: ErrorOptions) {
    super('CONFIGURATION', message, options);
  }
}

/** Annotations were given for an operation that has no callbacks registered, so they would have been lost. */
export class UnregisteredOperationError extends PayiError {
  override name = 'UnregisteredOperationError';
  readonly operation: string;
  readonly registeredOperations: readonly string[];

  constructor(operation: string, registeredOperations: readonly string[], remedy: string) {
    super(
      'UNREGISTERED_OPERATION',
      `extraHeaders given for ${operation}, which has no callbacks (registered: ${registeredOperations.join(', ') || 'none'}). ` +
        `Nothing was sent. Add: ${remedy}`,
    );
    this.operation = operation;
    this.registeredOperations = registeredOperations;
  }
}

/**
 * A plugin refuses a call, because a limit is used up. `isLimitReached()` recognizes it, and the receipt of the call has the
 * outcome `blocked`.
 */
export class CallBlockedError extends PayiError {
  override name = 'CallBlockedError';
  /** As in Pay-i's own answers. */
  readonly xproxy_error: { readonly code: 'limit_reached'; readonly message: string };
  readonly xproxy_result: { readonly blocked_limit_ids: readonly string[] };

  /** @param limitIds - The limits that are used up. */
  constructor(message: string, limitIds: readonly string[] = []) {
    super('CALL_BLOCKED', message);
    this.xproxy_error = { code: 'limit_reached', message };
    this.xproxy_result = { blocked_limit_ids: limitIds };
  }
}

/** The object is not a provider client that the adapter knows how to extend. */
export class UnsupportedClientError extends PayiError {
  override name = 'UnsupportedClientError';
  /** The package that refused, e.g. `@payi/bedrock`. */
  readonly adapter: string;
  /** What the adapter looked for and did not find. */
  readonly missingMembers: readonly string[];

  constructor(adapter: string, missingMembers: readonly string[], expected: string) {
    super(
      'UNSUPPORTED_CLIENT',
      `${adapter} cannot extend this object, which lacks ${missingMembers.join(', ')}. Pass ${expected}.`,
    );
    this.adapter = adapter;
    this.missingMembers = missingMembers;
  }
}

/**
 * Whether a value is an error of these packages. Works across copies of the package (ESM beside CJS), where `instanceof`
 * does not.
 */
export function isPayiError(value: unknown): value is PayiError {
  try {
    return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brand] === true;
  } catch {
    return false; // a proxy whose traps throw
  }
}
