/**
 * How a call stands to a limit. `ok`: spend is below max times threshold. `exceeded`: from there up to max; calls
 * still pass. `overrun`: above max. `blocked`: the limit stopped this call. `blocked_external`: another limit stopped
 * it. `failed`: the call failed.
 */
export type LimitState = 'ok' | 'exceeded' | 'overrun' | 'blocked' | 'blocked_external' | 'failed';

/** The state of each limit of one call, by limit id. */
export type LimitStates = Record<string, { state: LimitState }>;
