/** Texts by name. `null` deletes a property. */
export type Properties = Readonly<Record<string, string | null>>;

/** `block` refuses calls once `max` is spent; `allow` only reports. */
export type LimitType = 'block' | 'allow';

/** A sum of money in US dollars. */
export interface Money {
  readonly base: number;
  /** Of totals: the part that was spent beyond limits. */
  readonly overrunBase?: number | null;
}

/** An amount of money that calls count against. */
export interface Limit {
  readonly limitId: string;
  readonly limitName: string;
  readonly limitType: LimitType;
  /** In US dollars. */
  readonly max: number;
  /** The fraction of `max` from which the limit counts as exceeded. */
  readonly threshold?: number | null;
  readonly limitCreationTimestamp: string;
  readonly limitUpdateTimestamp: string;
  readonly totals: {
    readonly cost: { readonly input: Money; readonly output: Money; readonly total: Money };
    /** Calls by the state of the limit after them. */
    readonly requests: Readonly<
      Record<'ok' | 'exceeded' | 'overrun' | 'blocked' | 'blockedExternal' | 'failed' | 'total', number>
    >;
  };
  readonly properties?: Properties | null;
}

/** A limit to create. */
export interface NewLimit {
  /** By it calls name the limit. @default one that Pay-i makes */
  readonly limitId?: string | undefined;
  readonly limitName: string;
  /** In US dollars, 0 or more. */
  readonly max: number;
  /** @default 'block' */
  readonly limitType?: LimitType | undefined;
  /** 0.75 to 0.99: the fraction of `max` from which the limit counts as exceeded. @default `max` itself */
  readonly threshold?: number | undefined;
  readonly properties?: Properties | undefined;
}

/** The limit that each instance of a use case gets. */
export interface LimitConfig {
  /** In US dollars, 0 or more. */
  readonly max: number;
  readonly limitType?: LimitType | undefined;
  readonly threshold?: number | undefined;
  readonly properties?: Properties | undefined;
}

/** What calls are made for. */
export interface UseCase {
  readonly name: string;
  readonly description: string;
  readonly limitConfig?: LimitConfig | null;
  readonly loggingEnabled?: boolean | null;
  readonly typeVersion?: number;
}

/** A use case to create. */
export interface NewUseCase {
  readonly name: string;
  readonly description: string;
  readonly limitConfig?: LimitConfig | undefined;
  readonly loggingEnabled?: boolean | undefined;
}

/** One run of a use case. */
export interface UseCaseInstance {
  readonly useCaseId: string;
  readonly useCaseName: string;
  readonly limitId?: string | null;
  readonly typeVersion?: number;
  readonly properties?: Properties | null;
}

/** How a KPI is scored. */
export type KpiType = 'boolean' | 'number' | 'percentage' | 'likert5' | 'likert7' | 'likert10';

/** What a use case is to achieve. */
export interface Kpi {
  readonly name: string;
  readonly description: string;
  readonly goal: number;
  readonly kpiType: KpiType;
}

/** The score of a KPI; `null` removes it. */
export type Score = boolean | number | null;

/** The score of a KPI of one instance. */
export interface KpiScore {
  readonly kpiName: string;
  readonly kpiType?: KpiType;
  /** 1 or 0 for a boolean. */
  readonly score?: number;
  readonly createTimestamp?: string;
  readonly updateTimestamp?: string | null;
}

/** What Pay-i computed for a call. */
export interface RequestResult {
  readonly xproxyResult: {
    readonly requestId?: string;
    readonly cost?: {
      readonly currency?: string;
      readonly input?: Money;
      readonly output?: Money;
      readonly total?: Money;
    } | null;
    readonly limits?: Readonly<Record<string, { readonly state: string }>> | null;
  };
}

/** A provider, as Pay-i names it. */
export interface Category {
  readonly category: string;
}

/** Prices in US dollars for one unit of input and of output, e.g. for one token. */
export interface UnitPrice {
  readonly inputPrice?: number | undefined;
  readonly outputPrice?: number | undefined;
}

/** A version of the prices of a model. */
export interface Resource {
  readonly category: string;
  readonly resource: string;
  readonly resourceId: string;
  /** Whether calls are priced by this version. */
  readonly active: boolean;
  readonly startTimestamp: string;
  readonly endTimestamp?: string | null;
  readonly units: Readonly<Record<string, UnitPrice>>;
  /** From this many tokens of input on, a call costs more. */
  readonly largeContextThreshold?: number | null;
  readonly maxInputUnits?: number | null;
  readonly maxOutputUnits?: number | null;
  readonly maxTotalUnits?: number | null;
}

/** Prices of a model, to add. */
export interface NewResource {
  /** Prices by Pay-i's unit names: `{ text: { inputPrice: 0.000003, outputPrice: 0.000015 } }`. */
  readonly units: Readonly<Record<string, UnitPrice>>;
  readonly maxInputUnits?: number | undefined;
  readonly maxOutputUnits?: number | undefined;
  readonly maxTotalUnits?: number | undefined;
  /** From when the prices hold. @default now */
  readonly startTimestamp?: string | undefined;
}

/** How lists are asked for. */
export interface ListOptions {
  /** Items in a page. */
  readonly limit?: number | undefined;
  readonly sortAscending?: boolean | undefined;
}
