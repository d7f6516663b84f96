import { randomUUID } from 'node:crypto';
import { type JsonObject, parseJsonObject } from '../json.ts';
import type { ServerResponse } from '../listen.ts';
import { sendPage } from './page.ts';
import { sendJson } from './proxy-call.ts';
import { notAllowed, ProblemError, ProxyError } from './proxy-error.ts';
import type { ReceivedRequest } from './proxy-received-request.ts';
import type { InstanceRecord, KpiRecord, UseCaseRecord, UseCases } from './use-cases.ts';

const prefix = '/api/v1/use_cases/';
const noContent: object = {};
const kpiTypes: readonly unknown[] = ['boolean', 'number', 'percentage', 'likert5', 'likert7', 'likert10'];

/**
 * The part of Pay-i's REST API for use cases: `definitions` with limit, version and KPIs, and `instances` with properties
 * and scores.
 */
export class UseCasesApi {
  readonly #useCases: UseCases;

  constructor(useCases: UseCases) {
    this.#useCases = useCases;
  }

  /** @returns Whether the path belongs to this API. */
  serves({ path }: ReceivedRequest): boolean {
    return path.startsWith(prefix);
  }

  /** Answers a request with a valid key. @throws {@link ProxyError} with one of the codes that Pay-i documents. */
  answer(request: ReceivedRequest, response: ServerResponse): void {
    try {
      this.#answer(request, response);
    } catch (error) {
      const isScore = request.method === 'PUT' && /\/instances\/.*\/kpis\//.test(request.path);
      throw isScore && error instanceof ProxyError
        ? new ProblemError(error.statusCode, error.message)
        : error;
    }
  }

  #answer(request: ReceivedRequest, response: ServerResponse): void {
    const { method, path } = request;
    const { pathname, searchParams } = new URL(path, 'http://localhost');
    const [kind, ...segments] = pathname.slice(prefix.length).split('/').map(decodeURIComponent);
    const body = parseJsonObject(request.body) ?? {};
    const answer =
      kind === 'definitions'
        ? this.#definitions(method, segments, body)
        : kind === 'instances'
          ? this.#instances(method, segments, body)
          : undefined;
    if (answer === undefined) throw notAllowed(method);
    const name = searchParams.get('use_case_name') ?? searchParams.get('kpi_name');
    if (Array.isArray(answer)) {
      const named = (answer as { name?: string; kpi_name?: string }[]).filter(
        (item) => name === null || name === (item.kpi_name ?? item.name),
      );
      sendPage(response, named, searchParams);
    } else if (answer === noContent) response.end();
    else sendJson(response, 200, { ...answer, request_id: randomUUID() });
  }

  /** @returns A list, an answer, or `undefined` for what is not served. */
  #definitions(method: string, segments: readonly string[], body: JsonObject): object | undefined {
    const [name, part, kpi] = segments;
    if (name === undefined) {
      if (method === 'GET') return this.#useCases.all.map(definitionOf);
      return method === 'POST' ? this.#create(body) : undefined;
    }
    const useCase = this.#useCases.get(name);
    if (part === 'kpis') return kpisOf(useCase, method, kpi, body);
    switch (`${method} ${part ?? ''}`) {
      case 'GET ':
        return definitionOf(useCase);
      case 'PUT ':
        if (typeof body.description === 'string') useCase.description = body.description;
        if (typeof body.logging_enabled === 'boolean') useCase.logging_enabled = body.logging_enabled;
        return definitionOf(useCase);
      case 'DELETE ':
        this.#useCases.delete(name);
        return definitionOf(useCase);
      case 'POST limit_config':
        useCase.limit_config = limitConfigOf(body);
        return definitionOf(useCase);
      case 'DELETE limit_config':
        delete useCase.limit_config;
        return definitionOf(useCase);
      case 'POST increment_version':
        useCase.type_version += 1;
        return definitionOf(useCase);
      default:
        return undefined;
    }
  }

  #create({ name, description, limit_config, logging_enabled }: JsonObject): object {
    if (typeof name !== 'string' || name === '' || typeof description !== 'string') {
      throw new ProxyError(400, 'required_field_missing', 'name and description must be texts.');
    }
    if (this.#useCases.has(name)) {
      throw new ProxyError(400, 'request_processing_error', `There is a use case ${name} already.`);
    }
    return definitionOf(
      this.#useCases.add({
        name,
        description,
        ...(limit_config !== undefined && { limit_config: limitConfigOf(limit_config as JsonObject) }),
        ...(typeof logging_enabled === 'boolean' && { logging_enabled }),
      }),
    );
  }

  #instances(method: string, segments: readonly string[], body: JsonObject): object | undefined {
    const [name = '', id, part, kpi] = segments;
    const useCase = this.#useCases.get(name);
    if (id === undefined) {
      if (method !== 'POST') return undefined;
      return instanceOf(instanceIn(useCase, this.#useCases.open(name)));
    }
    const instance = instanceIn(useCase, id);
    switch (`${method} ${part ?? ''}`) {
      case 'GET ':
        return instanceOf(instance);
      case 'DELETE ':
        useCase.instances.delete(id);
        return instanceOf(instance);
      case 'PUT properties':
        Object.assign(instance.properties, body.properties);
        return instanceOf(instance);
      case 'GET kpis':
        return [...instance.scores].map(([name, score]) => ({
          kpi_name: name,
          kpi_type: useCase.kpis.get(name)?.kpi_type,
          score: Number(score),
        }));
      case 'PUT kpis': {
        const { name } = kpiIn(useCase, kpi ?? '');
        const score = scoreOf(body);
        if (score === null) instance.scores.delete(name);
        else instance.scores.set(name, score);
        return noContent;
      }
      default:
        return undefined;
    }
  }
}

function kpisOf(
  { kpis, ...useCase }: UseCaseRecord,
  method: string,
  name: string | undefined,
  body: JsonObject,
): object | undefined {
  if (name === undefined) {
    if (method === 'GET') return [...kpis.values()];
    return method === 'POST' ? addKpi(kpis, body) : undefined;
  }
  const kpi = kpiIn({ kpis, ...useCase }, name);
  if (method === 'DELETE') kpis.delete(name);
  else if (method === 'PUT') {
    if (typeof body.description === 'string') kpi.description = body.description;
    if (typeof body.goal === 'number') kpi.goal = body.goal;
  } else if (method !== 'GET') return undefined;
  return kpi;
}

function addKpi(kpis: Map<string, KpiRecord>, { name, description, goal, kpi_type }: JsonObject): KpiRecord {
  const isComplete =
    typeof name === 'string' && name !== '' && typeof description === 'string' && typeof goal === 'number';
  if (!isComplete || !kpiTypes.includes(kpi_type)) {
    throw new ProxyError(400, 'required_field_missing', 'name, description, goal and kpi_type are needed.');
  }
  if (kpis.has(name))
    throw new ProxyError(400, 'request_processing_error', `There is a KPI ${name} already.`);
  const kpi = { name, description, goal, kpi_type: kpi_type as string };
  kpis.set(name, kpi);
  return kpi;
}

function kpiIn({ name, kpis }: UseCaseRecord, kpi: string): KpiRecord {
  const found = kpis.get(kpi);
  if (found === undefined) {
    throw new ProxyError(404, 'use_case_not_found', `The use case ${name} has no KPI ${kpi}.`);
  }
  return found;
}

function instanceIn({ name, instances }: UseCaseRecord, id: string): InstanceRecord {
  const found = instances.get(id);
  if (found === undefined) {
    throw new ProxyError(404, 'use_case_instance_not_found', `The use case ${name} has no instance ${id}.`);
  }
  return found;
}

function definitionOf({ kpis: _, instances: __, ...definition }: UseCaseRecord): object {
  return { ...definition };
}

function instanceOf({ scores: _, ...instance }: InstanceRecord): object {
  return instance;
}

function limitConfigOf({ max, limit_type = 'block', threshold, properties }: JsonObject): object {
  if (typeof max !== 'number' || !(max >= 0)) {
    throw new ProxyError(400, 'invalid_max_limit', 'max must be a number that is 0 or more.');
  }
  return {
    max,
    limit_type,
    ...(threshold !== undefined && { threshold }),
    ...(properties !== undefined && { properties }),
  };
}

function scoreOf({ score }: JsonObject): boolean | number | null {
  if (score === null || typeof score === 'boolean' || typeof score === 'number') return score;
  throw new ProxyError(400, 'required_field_missing', 'score must be a number, a boolean or null.');
}
