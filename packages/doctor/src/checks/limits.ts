import { error, type Finding, ok, warning } from '../finding.ts';
import type { LimitReport, UseCaseReport } from '../report.ts';
import { type Answer, get, parseObject } from './connection.ts';

export interface LimitsCheck {
  readonly limits: readonly LimitReport[];
  readonly findings: readonly Finding[];
}

export interface UseCasesCheck {
  readonly useCases: readonly UseCaseReport[];
  readonly findings: readonly Finding[];
}

/**
 * Asks Pay-i whether use cases exist. `GET /api/v1/use_cases/definitions/{name}` reads, and records nothing.
 *
 * @param apiKey - `undefined` where Pay-i is not to be asked.
 */
export async function checkUseCases(
  names: readonly string[],
  baseUrl: string | undefined,
  apiKey: string | undefined,
): Promise<UseCasesCheck> {
  if (baseUrl === undefined || apiKey === undefined)
    return { useCases: names.map((name) => ({ name })), findings: [] };
  const checked = await Promise.all(names.map((name) => checkUseCase(name, baseUrl, apiKey)));
  return {
    useCases: checked.map(({ useCase }) => useCase),
    findings: checked.map(({ finding }) => finding),
  };
}

async function checkUseCase(
  name: string,
  baseUrl: string,
  apiKey: string,
): Promise<{ useCase: UseCaseReport; finding: Finding }> {
  const url = `${baseUrl}/api/v1/use_cases/definitions/${encodeURIComponent(name)}`;
  const { status, text } = await get(url, apiKey).catch(({ message }) => ({ status: 0, text: `${message}` }));
  if (status === 404) {
    const fix =
      "Create it, e.g. by ensure() of @payi/management at the application's start, or correct useCaseName.";
    const finding = error('USE_CASE_UNKNOWN', `Pay-i knows no use case ${name}, and refuses its calls`, fix);
    return { useCase: { name, exists: false }, finding };
  }
  if (status !== 200 || parseObject(text)?.name === undefined) {
    const message =
      status === 0
        ? `use case ${name} could not be asked for: ${text}`
        : `Pay-i answers ${status} about use case ${name}`;
    return {
      useCase: { name },
      finding: warning('USE_CASE_NOT_READ', message, 'Look at it in Pay-i itself.'),
    };
  }
  return { useCase: { name, exists: true }, finding: ok('USE_CASE', `use case ${name} exists`) };
}

/**
 * Asks Pay-i how the limits of a call stand. `GET /api/v1/limits/{id}` reads, and records nothing.
 *
 * @param apiKey - `undefined` where Pay-i is not to be asked.
 */
export async function checkLimits(
  ids: readonly string[],
  baseUrl: string | undefined,
  apiKey: string | undefined,
): Promise<LimitsCheck> {
  if (baseUrl === undefined || apiKey === undefined)
    return { limits: ids.map((id) => ({ id })), findings: [] };
  const checked = await Promise.all(ids.map((id) => checkLimit(id, baseUrl, apiKey)));
  return { limits: checked.map(({ limit }) => limit), findings: checked.map(({ finding }) => finding) };
}

async function checkLimit(
  id: string,
  baseUrl: string,
  apiKey: string,
): Promise<{ limit: LimitReport; finding: Finding }> {
  let answer: Answer;
  try {
    answer = await get(`${baseUrl}/api/v1/limits/${encodeURIComponent(id)}`, apiKey);
  } catch (thrown) {
    const message = `limit ${id} could not be asked for: ${(thrown as Error).message}`;
    return { limit: { id }, finding: warning('LIMIT_NOT_READ', message, 'Run it again.') };
  }
  const limit = parseObject(answer.text)?.limit as Record<string, unknown> | undefined;
  if (answer.status === 404) {
    const fix =
      'Create it, e.g. by ensure() of @payi/management, or correct the id in limitIds: the id, not the name of the limit.';
    return { limit: { id }, finding: error('LIMIT_UNKNOWN', `Pay-i knows no limit ${id}`, fix) };
  }
  if (answer.status !== 200 || limit === undefined) {
    const message = `Pay-i answers ${answer.status} about limit ${id}`;
    return { limit: { id }, finding: warning('LIMIT_NOT_READ', message, 'Look at it in Pay-i itself.') };
  }
  const live = {
    ...(typeof limit.limit_name === 'string' && { name: limit.limit_name }),
    ...(typeof limit.limit_type === 'string' && { type: limit.limit_type }),
    ...numberMember('max', limit.max),
    ...numberMember('spent', spentOf(limit.totals)),
    ...numberMember('threshold', limit.threshold),
  };
  return { limit: { id, live }, finding: judge(id, live) };
}

function judge(id: string, { type, max, spent, threshold = 1 }: NonNullable<LimitReport['live']>): Finding {
  if (max === undefined || spent === undefined) return ok('LIMIT', `limit ${id} exists`);
  const stand = `$${spent} of $${max} spent`;
  if (spent >= max) {
    if (type === 'block') {
      const fix =
        'Raise its maximum or reset it at Pay-i; in the application, recognise blocked calls with isLimitReached(error).';
      return error('LIMIT_REACHED', `limit ${id} is used up (${stand}) and blocks calls`, fix);
    }
    const message = `limit ${id} is used up (${stand}); it does not block, so calls pass as overrun`;
    return warning('LIMIT_OVERRUN', message, 'Raise its maximum at Pay-i, or make it block.');
  }
  if (spent >= max * threshold) {
    const fix = 'Raise its maximum at Pay-i before calls are stopped.';
    return warning('LIMIT_EXCEEDED', `limit ${id} is past its threshold (${stand})`, fix);
  }
  return ok('LIMIT', `limit ${id} is ok (${stand}, type ${type ?? 'unknown'})`);
}

/** Amounts were texts once, and objects with a `base` in results of calls. */
function spentOf(totals: unknown): unknown {
  const total = (totals as { cost?: { total?: unknown } } | undefined)?.cost?.total;
  return typeof total === 'object' && total !== null ? (total as { base?: unknown }).base : total;
}

function numberMember<const Name extends string>(name: Name, value: unknown): { [key in Name]?: number } {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number)
    ? ({ [name]: number } as { [key in Name]?: number })
    : {};
}
