import type { Http, Query } from './http.ts';
import type {
  Category,
  Kpi,
  KpiScore,
  Limit,
  LimitConfig,
  ListOptions,
  NewLimit,
  NewResource,
  NewUseCase,
  Properties,
  RequestResult,
  Resource,
  Score,
  UseCase,
  UseCaseInstance,
} from './types.ts';

/** The items of a list, page by page as they are read. */
export type Items<Item> = AsyncGenerator<Item, void, undefined>;

/** Pay-i's REST API. Names are Pay-i's, in camel case. Every function may reject with `ManagementError`. */
export interface Api {
  /** Amounts of money that calls count against. */
  readonly limits: {
    /** Creates a limit. One that is there already, and the same, is returned. */
    create(limit: NewLimit): Promise<Limit>;
    /** Reads a limit. */
    get(limitId: string): Promise<Limit>;
    /** Lists limits. */
    list(options?: ListOptions & { readonly limitName?: string | undefined }): Items<Limit>;
    /** Changes name or maximum. */
    update(
      limitId: string,
      changes: { readonly limitName?: string | undefined; readonly max?: number | undefined },
    ): Promise<Limit>;
    /** Deletes a limit. */
    delete(limitId: string): Promise<void>;
    /** Begins a new period: what was spent counts no more. @param resetDate - @default now */
    reset(limitId: string, resetDate?: Date): Promise<void>;
    /** Adds properties; `null` deletes one. */
    setProperties(limitId: string, properties: Properties): Promise<void>;
  };
  /** What calls are made for. */
  readonly useCases: {
    /** Creates a use case. */
    create(useCase: NewUseCase): Promise<UseCase>;
    /** Reads a use case. */
    get(name: string): Promise<UseCase>;
    /** Lists use cases. */
    list(options?: ListOptions & { readonly useCaseName?: string | undefined }): Items<UseCase>;
    /** Changes the description, or whether calls are logged. */
    update(
      name: string,
      changes: { readonly description?: string | undefined; readonly loggingEnabled?: boolean | undefined },
    ): Promise<void>;
    /** Deletes a use case. */
    delete(name: string): Promise<void>;
    /** Sets the limit that each new instance gets. */
    setLimit(name: string, config: LimitConfig): Promise<void>;
    /** Removes that limit. */
    removeLimit(name: string): Promise<void>;
    /** Begins a new version. */
    incrementVersion(name: string): Promise<UseCase>;
  };
  /** One run of a use case, with its id. */
  readonly instances: {
    /** Begins an instance. */
    create(useCaseName: string): Promise<UseCaseInstance>;
    /** Reads an instance. */
    get(useCaseName: string, useCaseId: string): Promise<UseCaseInstance>;
    /** Deletes an instance. */
    delete(useCaseName: string, useCaseId: string): Promise<void>;
    /** Adds properties; `null` deletes one. */
    setProperties(useCaseName: string, useCaseId: string, properties: Properties): Promise<void>;
    /** The scores of an instance. */
    scores(
      useCaseName: string,
      useCaseId: string,
      options?: ListOptions & { readonly kpiName?: string | undefined },
    ): Items<KpiScore>;
    /** Scores a KPI of an instance. A number that is none, e.g. `NaN`, throws a `TypeError`. */
    setScore(useCaseName: string, useCaseId: string, kpi: string, score: Score): Promise<void>;
  };
  /** What a use case is to achieve. */
  readonly kpis: {
    /** Adds a KPI to a use case. */
    create(useCaseName: string, kpi: Kpi): Promise<Kpi>;
    /** Reads a KPI. */
    get(useCaseName: string, kpi: string): Promise<Kpi>;
    /** Lists the KPIs of a use case. */
    list(useCaseName: string, options?: ListOptions & { readonly kpiName?: string | undefined }): Items<Kpi>;
    /** Changes description or goal. */
    update(
      useCaseName: string,
      kpi: string,
      changes: { readonly description?: string | undefined; readonly goal?: number | undefined },
    ): Promise<void>;
    /** Deletes a KPI. */
    delete(useCaseName: string, kpi: string): Promise<void>;
  };
  /** Calls that Pay-i knows. */
  readonly requests: {
    /**
     * What Pay-i computed for a call.
     *
     * @param requestId - Pay-i's id of the call: `requestId` of its receipt.
     */
    result(requestId: string): Promise<RequestResult>;
    /** Adds properties to a call; `null` deletes one. */
    setProperties(requestId: string, properties: Properties): Promise<void>;
    /** What Pay-i computed for a call, by the provider's id of the answer. */
    resultOf(category: string, providerResponseId: string): Promise<RequestResult>;
    /** Adds properties to a call, by the provider's id of the answer. */
    setPropertiesOf(category: string, providerResponseId: string, properties: Properties): Promise<void>;
  };
  /** Providers. */
  readonly categories: {
    /** Lists the providers that Pay-i prices. */
    list(options?: ListOptions & { readonly active?: boolean | undefined }): Items<Category>;
    /** Deletes a category of your own. */
    delete(category: string): Promise<void>;
  };
  /** Models and their prices. */
  readonly resources: {
    /**
     * Lists models and their prices.
     *
     * @param resource - Only the versions of this one.
     */
    list(
      category: string,
      resource?: string,
      options?: ListOptions & { readonly active?: boolean | undefined },
    ): Items<Resource>;
    /** Reads one version of the prices of a model. */
    get(category: string, resource: string, resourceId: string): Promise<Resource>;
    /** Adds a version of the prices of a model. */
    create(category: string, resource: string, prices: NewResource): Promise<Resource>;
    /** Deletes the prices of a model, or one version of them. */
    delete(category: string, resource: string, resourceId?: string): Promise<void>;
  };
}

/** What lists can be narrowed to. */
interface Filters {
  readonly limitName?: string | undefined;
  readonly useCaseName?: string | undefined;
  readonly kpiName?: string | undefined;
  readonly active?: boolean | undefined;
}

export function apiOf(http: Http): Api {
  const definitions = ['use_cases', 'definitions'] as const;
  const instances = ['use_cases', 'instances'] as const;
  const done = async (request: Promise<unknown>): Promise<void> => void (await request);
  const limitOf = async (request: Promise<{ limit: Limit }>): Promise<Limit> => (await request).limit;
  const pageQuery = ({
    limit,
    sortAscending,
    limitName,
    useCaseName,
    kpiName,
    active,
  }: ListOptions & Filters = {}): Query => ({
    limit,
    sort_ascending: sortAscending,
    limit_name: limitName,
    use_case_name: useCaseName,
    kpi_name: kpiName,
    Active: active,
  });
  const prices = (category: string, ...rest: string[]): string[] => [
    'categories',
    category,
    'resources',
    ...rest,
  ];
  const provider = (category: string, id: string, what: string): string[] => [
    'requests',
    'provider',
    category,
    id,
    what,
  ];
  return {
    limits: {
      create: (body) => limitOf(http.request('POST', ['limits'], { body })),
      get: (id) => limitOf(http.request('GET', ['limits', id])),
      list: (options) => http.pages(['limits'], pageQuery(options)),
      update: (id, body) => limitOf(http.request('PUT', ['limits', id], { body })),
      delete: (id) => done(http.request('DELETE', ['limits', id])),
      reset: (id, resetDate) => done(http.request('POST', ['limits', id, 'reset'], { query: { resetDate } })),
      setProperties: (id, properties) =>
        done(http.request('PUT', ['limits', id, 'properties'], { body: { properties } })),
    },
    useCases: {
      create: (body) => http.request('POST', definitions, { body }),
      get: (name) => http.request('GET', [...definitions, name]),
      list: (options) => http.pages(definitions, pageQuery(options)),
      update: (name, body) => done(http.request('PUT', [...definitions, name], { body })),
      delete: (name) => done(http.request('DELETE', [...definitions, name])),
      setLimit: (name, body) => done(http.request('POST', [...definitions, name, 'limit_config'], { body })),
      removeLimit: (name) => done(http.request('DELETE', [...definitions, name, 'limit_config'])),
      incrementVersion: (name) => http.request('POST', [...definitions, name, 'increment_version']),
    },
    instances: {
      create: (name) => http.request('POST', [...instances, name]),
      get: (name, id) => http.request('GET', [...instances, name, id]),
      delete: (name, id) => done(http.request('DELETE', [...instances, name, id])),
      setProperties: (name, id, properties) =>
        done(http.request('PUT', [...instances, name, id, 'properties'], { body: { properties } })),
      scores: (name, id, options) => http.pages([...instances, name, id, 'kpis'], pageQuery(options)),
      setScore: async (name, id, kpi, score) =>
        done(
          http.request('PUT', [...instances, name, id, 'kpis', kpi], { body: { score: checkScore(score) } }),
        ),
    },
    kpis: {
      create: (useCase, body) => http.request('POST', [...definitions, useCase, 'kpis'], { body }),
      get: (useCase, kpi) => http.request('GET', [...definitions, useCase, 'kpis', kpi]),
      list: (useCase, options) => http.pages([...definitions, useCase, 'kpis'], pageQuery(options)),
      update: (useCase, kpi, body) =>
        done(http.request('PUT', [...definitions, useCase, 'kpis', kpi], { body })),
      delete: (useCase, kpi) => done(http.request('DELETE', [...definitions, useCase, 'kpis', kpi])),
    },
    requests: {
      result: (id) => http.request('GET', ['requests', id, 'result']),
      setProperties: (id, properties) =>
        done(http.request('PUT', ['requests', id, 'properties'], { body: { properties } })),
      resultOf: (category, id) => http.request('GET', provider(category, id, 'result')),
      setPropertiesOf: (category, id, properties) =>
        done(http.request('PUT', provider(category, id, 'properties'), { body: { properties } })),
    },
    categories: {
      list: (options) => http.pages(['categories'], pageQuery(options)),
      delete: (category) => done(http.request('DELETE', ['categories', category])),
    },
    resources: {
      list: (category, resource, options) =>
        http.pages(prices(category, ...(resource === undefined ? [] : [resource])), pageQuery(options)),
      get: (category, resource, id) => http.request('GET', prices(category, resource, id)),
      create: (category, resource, body) => http.request('POST', prices(category, resource), { body }),
      delete: (category, resource, id) =>
        done(http.request('DELETE', prices(category, resource, ...(id === undefined ? [] : [id])))),
    },
  };
}

/** @throws {TypeError} JSON has no such number: it would become `null`, which removes the score. */
export function checkScore(score: Score): Score {
  if (score === null || typeof score === 'boolean' || Number.isFinite(score)) return score;
  throw new TypeError('a score must be a finite number, true, false or null');
}
