import { priceUnits, type Units } from './price.ts';

/** One call, as far as reports need it. */
export interface ReportedCall {
  readonly id: string;
  /** The provider's id of the answer; on Bedrock the id that AWS gave to the request. */
  readonly providerId?: string | undefined;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly useCase?: string | undefined;
  readonly user?: string | undefined;
  readonly account?: string | undefined;
  readonly limits: readonly string[];
  readonly model: string;
  /** Pay-i's name of the provider, e.g. `system.aws.bedrock`. */
  readonly provider: string;
  readonly outcome: 'complete' | 'partial' | 'failed' | 'blocked';
  readonly units: Units;
  /** Whether the counts are estimates. */
  readonly isEstimated: boolean;
  /** In US dollars. `undefined` if no price is known. */
  readonly cost: number | undefined;
}

type Data = Readonly<Record<string, unknown>>;

/**
 * Reads one line of a file of offline mode, or one record of a journal.
 *
 * @returns `undefined` for a line that is not an event; in a journal most lines are not.
 */
export function callOfLine(line: string): ReportedCall | undefined {
  const event = eventOfLine(line);
  return event === undefined ? undefined : callOfEvent(event);
}

/** Whether a line is a record of a journal. It may hold an event twice, with its content and without. */
export function isJournalLine(line: string): boolean {
  return /^[0-9a-f]{8} [ESD] /.test(line);
}

/** The JSON of the event in a line. */
export function eventOfLine(line: string): Data | undefined {
  const event = dataOfLine(line);
  return event !== undefined && 'category' in event ? event : undefined;
}

/** The JSON of the score of a KPI in a line. It costs nothing, and is delivered. */
export function scoreOfLine(line: string): Data | undefined {
  const score = line.includes('{"kpi_name":') ? dataOfLine(line) : undefined;
  return score !== undefined && 'kpi_name' in score ? score : undefined;
}

function dataOfLine(line: string): Data | undefined {
  // A journal has a checksum, `E` and a time in front of each event.
  const json = line.startsWith('{') ? line : /^[0-9a-f]{8} E \d+ (\{.*)$/s.exec(line)?.[1];
  if (json === undefined) return undefined;
  try {
    const event: unknown = JSON.parse(json);
    return typeof event === 'object' && event !== null ? (event as Data) : undefined;
  } catch {
    return undefined;
  }
}

function callOfEvent(event: Data): ReportedCall {
  const {
    provider_response_id: id,
    category,
    resource,
    units,
    event_timestamp: at,
    http_status_code: status,
    properties,
  } = event;
  const {
    'system.outcome': outcome,
    'system.usage_source': source,
    'system.provider_response_id': providerId,
  } = Object(properties) as Data;
  const [provider, model] = [text(category) ?? '', text(resource) ?? ''];
  const counts = Object(units) as Units;
  const isEmpty = Object.keys(counts).length === 0;
  return {
    id: text(id) ?? '',
    providerId: text(providerId),
    at: Date.parse(String(at)) || 0,
    useCase: text(event.use_case_name),
    user: text(event.user_id),
    account: text(event.account_name),
    limits: Array.isArray(event.limit_ids) ? event.limit_ids.map(String) : [],
    model,
    provider,
    outcome: outcomeOf(outcome, Number(status)),
    units: counts,
    isEstimated: source === 'estimate',
    cost: isEmpty ? undefined : priceUnits(counts, provider, model)?.total.base,
  };
}

function outcomeOf(outcome: unknown, status: number): ReportedCall['outcome'] {
  if (outcome === 'partial' || outcome === 'failed' || outcome === 'blocked') return outcome;
  return status >= 200 && status < 299 ? 'complete' : 'failed';
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
