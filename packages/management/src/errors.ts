/** An answer of Pay-i that is not a success, or no answer of Pay-i at all. */
export class ManagementError extends Error {
  override name = 'ManagementError';
  /**
   * Pay-i's stable code, e.g. `limit_not_found`. Besides: `unreachable` (no connection, no answer in time, or the connection
   * broke), `not_payi` (something else answered; check the base URL), `refused` (Pay-i gave no code), `disabled` (Pay-i is
   * switched off), `cannot_be_changed` (by `ensure()`).
   */
  readonly code: string;
  /** HTTP status of the answer. Absent if there was none. */
  readonly status: number | undefined;
  /** Pay-i's id of the request, for its support. */
  readonly requestId: string | undefined;

  constructor(
    code: string,
    message: string,
    { status, requestId, cause }: { status?: number; requestId?: string; cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = status;
    this.requestId = requestId;
  }
}
