/**
 * The state of a limit after a call. `ok`: the spend is below max times threshold. `exceeded`: the spend is between
 * that and max; calls still pass. `overrun`: the spend is above max. `blocked`: the limit stopped this call.
 * `blocked_external`: another limit stopped it. `failed`: the call failed.
 */
export type LimitState = 'ok' | 'exceeded' | 'overrun' | 'blocked' | 'blocked_external' | 'failed';

/** The state of each limit of one call, by limit id. */
export type LimitStates = Record<string, { state: LimitState }>;
