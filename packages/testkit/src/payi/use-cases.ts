import { randomUUID } from 'node:crypto';
import { ProxyError } from './proxy-error.ts';

/** A use case as Pay-i's REST API shows it, without what each answer adds. */
export interface UseCaseRecord {
  name: string;
  description: string;
  limit_config?: object;
  logging_enabled?: boolean;
  type_version: number;
  readonly kpis: Map<string, KpiRecord>;
  readonly instances: Map<string, InstanceRecord>;
}

export interface KpiRecord {
  name: string;
  description: string;
  goal: number;
  kpi_type: string;
}

export interface InstanceRecord {
  readonly use_case_id: string;
  readonly use_case_name: string;
  readonly type_version: number;
  properties: Record<string, string | null>;
  readonly scores: Map<string, boolean | number>;
}

/** Keeps the use cases, their KPIs and their instances. */
export class UseCases {
  readonly #records = new Map<string, UseCaseRecord>();
  readonly #createUseCases: boolean;

  /** @param createUseCases - Whether a call that names an unknown use case creates it. Otherwise it is refused. */
  constructor(createUseCases: boolean) {
    this.#createUseCases = createUseCases;
  }

  get all(): readonly UseCaseRecord[] {
    return [...this.#records.values()];
  }

  /** @throws {@link ProxyError} there is no such use case. */
  get(name: string): UseCaseRecord {
    const record = this.#records.get(name);
    if (record === undefined)
      throw new ProxyError(404, 'use_case_not_found', `There is no use case ${name}.`);
    return record;
  }

  has(name: string): boolean {
    return this.#records.has(name);
  }

  add(record: Omit<UseCaseRecord, 'type_version' | 'kpis' | 'instances'>): UseCaseRecord {
    const added = { ...record, type_version: 1, kpis: new Map(), instances: new Map() };
    this.#records.set(record.name, added);
    return added;
  }

  delete(name: string): void {
    this.#records.delete(this.get(name).name);
  }

  /**
   * Opens the instance that a call belongs to.
   *
   * @param id - A new one is made if there is none.
   * @returns The id of the instance.
   * @throws {@link ProxyError} `use_case_not_found`: the use case does not exist and must not be created.
   */
  open(name: string, id: string = randomUUID()): string {
    if (this.#createUseCases && !this.has(name)) this.add({ name, description: name });
    const { instances, type_version } = this.get(name);
    if (!instances.has(id)) {
      instances.set(id, {
        use_case_id: id,
        use_case_name: name,
        type_version,
        properties: {},
        scores: new Map(),
      });
    }
    return id;
  }
}
