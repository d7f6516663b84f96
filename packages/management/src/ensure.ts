import type { Api } from './api.ts';
import { ManagementError } from './errors.ts';
import type { Kpi, LimitConfig, NewLimit, NewUseCase } from './types.ts';

/** What an application needs. */
export interface EnsureSpec {
  /** A limit needs an id, because calls name it by its id. Its name is the id unless it is given. */
  readonly limits?: readonly (Omit<NewLimit, 'limitName'> & {
    readonly limitId: string;
    readonly limitName?: string | undefined;
  })[];
  readonly useCases?: readonly (Omit<NewUseCase, 'description'> & {
    /** @default the name */
    readonly description?: string | undefined;
    readonly kpis?: readonly Kpi[] | undefined;
  })[];
}

/** Options of `ensure()`. */
export interface EnsureOptions {
  /** Changes nothing, and returns what would change. @default false */
  readonly dryRun?: boolean | undefined;
}

/** What was done, or in a dry run would be done, to one limit, use case or KPI. */
export interface EnsuredItem {
  readonly kind: 'limit' | 'use case' | 'KPI';
  /** The id of a limit; of a KPI `use case/KPI`. */
  readonly name: string;
  readonly action: 'created' | 'updated' | 'unchanged';
  /** Old and new value of each member that differs. */
  readonly changes?: Readonly<Record<string, readonly [before: unknown, after: unknown]>>;
}

/** In the order of the spec. */
export type Ensured = readonly EnsuredItem[];

type Changes = Record<string, readonly [before: unknown, after: unknown]>;

/** How one kind of thing is read, created and updated. */
interface Steps<Present> {
  readonly kind: EnsuredItem['kind'];
  readonly name: string;
  get(): Promise<Present>;
  create(): Promise<unknown>;
  /** What differs between what is there and what is wanted. */
  differences(present: Present): Changes;
  /** Members that Pay-i lets nobody change. */
  readonly fixed: readonly string[];
  update(changes: Changes): Promise<unknown>;
}

export async function ensure(
  api: Api,
  { limits = [], useCases = [] }: EnsureSpec,
  { dryRun = false }: EnsureOptions = {},
): Promise<Ensured> {
  const done: EnsuredItem[] = [];
  for (const limit of limits) done.push(await bring(limitSteps(api, limit), dryRun));
  for (const useCase of useCases) {
    const item = await bring(useCaseSteps(api, useCase), dryRun);
    done.push(item);
    for (const kpi of useCase.kpis ?? []) {
      const steps = kpiSteps(api, useCase.name, kpi);
      // In a dry run there is no use case yet that could have a KPI.
      const isNew = dryRun && item.action === 'created';
      done.push(
        isNew ? { kind: steps.kind, name: steps.name, action: 'created' } : await bring(steps, dryRun),
      );
    }
  }
  return done;
}

async function bring<Present>(steps: Steps<Present>, dryRun: boolean): Promise<EnsuredItem> {
  const { kind, name } = steps;
  let present = await orMissing(steps.get());
  if (present === undefined) {
    if (dryRun) return { kind, name, action: 'created' };
    try {
      await steps.create();
      return { kind, name, action: 'created' };
    } catch (error) {
      // Another process may have created it meanwhile.
      present = await orMissing(steps.get());
      if (present === undefined) throw error;
    }
  }
  const changes = steps.differences(present);
  const changed = Object.keys(changes);
  if (changed.length === 0) return { kind, name, action: 'unchanged' };
  const fixed = changed.filter((member) => steps.fixed.includes(member));
  if (fixed.length > 0) {
    throw new ManagementError(
      'cannot_be_changed',
      `${fixed.join(' and ')} of the ${kind} ${name} cannot be changed: delete it first, or ask for what is there`,
    );
  }
  if (!dryRun) await steps.update(changes);
  return { kind, name, action: 'updated', changes };
}

function limitSteps({ limits }: Api, wanted: NonNullable<EnsureSpec['limits']>[number]): Steps<object> {
  const { limitId, limitName = limitId, limitType = 'block', max, threshold } = wanted;
  return {
    kind: 'limit',
    name: limitId,
    get: () => limits.get(limitId),
    create: () => limits.create({ ...wanted, limitName }),
    // Without a threshold, Pay-i says 1 or nothing.
    differences: (present) =>
      differencesOf(
        { threshold: 1, ...filled(present) },
        { limitName, max, limitType, threshold: threshold ?? 1 },
      ),
    fixed: ['limitType', 'threshold'],
    update: () => limits.update(limitId, { limitName, max }),
  };
}

function useCaseSteps(
  { useCases }: Api,
  { kpis: _, ...wanted }: NonNullable<EnsureSpec['useCases']>[number],
): Steps<object> {
  const { name, description = name, loggingEnabled, limitConfig } = wanted;
  return {
    kind: 'use case',
    name,
    get: () => useCases.get(name),
    create: () => useCases.create({ ...wanted, description }),
    differences(present) {
      const { limitConfig: before } = filled(present) as { limitConfig?: LimitConfig };
      const differsInLimit =
        limitConfig !== undefined &&
        Object.keys(
          differencesOf({ limitType: 'block', ...filled(before) }, { ...limitConfig, properties: undefined }),
        ).length > 0;
      return {
        ...differencesOf(present, { description, loggingEnabled }),
        ...(differsInLimit && { limitConfig: [before, limitConfig] }),
      };
    },
    fixed: [],
    async update({ limitConfig: limit, ...others }) {
      if (Object.keys(others).length > 0) await useCases.update(name, { description, loggingEnabled });
      if (limit !== undefined) await useCases.setLimit(name, limitConfig as LimitConfig);
    },
  };
}

function kpiSteps({ kpis }: Api, useCase: string, wanted: Kpi): Steps<object> {
  const { name, description, goal, kpiType } = wanted;
  return {
    kind: 'KPI',
    name: `${useCase}/${name}`,
    get: () => kpis.get(useCase, name),
    create: () => kpis.create(useCase, wanted),
    differences: (present) => differencesOf(present, { description, goal, kpiType }),
    fixed: ['kpiType'],
    update: () => kpis.update(useCase, name, { description, goal }),
  };
}

/** @returns `undefined` if there is no such thing. */
async function orMissing<Answer>(request: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof ManagementError && error.status === 404 && error.code !== 'not_payi')
      return undefined;
    throw error;
  }
}

/** What is not asked for does not differ. */
function differencesOf(present: object, wanted: Readonly<Record<string, unknown>>): Changes {
  const before = present as Readonly<Record<string, unknown>>;
  const differing = Object.entries(wanted).filter(
    ([name, value]) => value !== undefined && value !== before[name],
  );
  return Object.fromEntries(differing.map(([name, value]) => [name, [before[name], value]]));
}

/** Without members that are `null`. */
function filled(members: object | undefined): object {
  return Object.fromEntries(Object.entries(members ?? {}).filter(([, value]) => value !== null));
}
