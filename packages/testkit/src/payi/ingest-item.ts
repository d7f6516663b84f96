import type { JsonObject } from '../json.ts';
import { ProxyError } from './proxy-error.ts';

/** One event as Pay-i takes it: the members used here. The single endpoint takes the annotations as headers instead. */
export interface IngestItem {
  category: string;
  units: Record<string, { input?: number; output?: number }>;
  resource?: string | null;
  event_timestamp?: string | null;
  http_status_code?: number | null;
  properties?: Record<string, string | null> | null;
  use_case_properties?: Record<string, string | null> | null;
  provider_response_id?: string | null;
  limit_ids?: string[] | null;
  request_tags?: string[] | null;
  user_id?: string | null;
  account_name?: string | null;
  use_case_name?: string | null;
  use_case_id?: string | null;
  use_case_version?: number | null;
  use_case_step?: string | null;
  scope?: string | null;
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isInteger: Check = (value) => Number.isInteger(value);
const isTime: Check = (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value));
const isList =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const isRecord =
  (check: Check): Check =>
  (value) =>
    isObject(value) && Object.values(value).every(check);
const isTextOrNull: Check = (value) => value === null || isText(value);
const hasOnly =
  (members: Readonly<Record<string, Check>>, required: string): Check =>
  (value) =>
    isObject(value) &&
    isText(value[required]) &&
    Object.entries(value).every(
      ([name, member]) => Object.hasOwn(members, name) && (member === null || members[name]?.(member)),
    );
const isCount: Check = (value) => isInteger(value) && Number(value) >= 0 && Number(value) <= 2_147_483_647;
const isUnits = isRecord(
  (unit) =>
    isObject(unit) &&
    Object.entries(unit).every(([side, count]) => (side === 'input' || side === 'output') && isCount(count)),
);
const isHeaderList = isList(hasOnly({ name: isText, value: isText }, 'name'));

/** Every member of the published schema. All but the first two may be null. */
const bodyMembers: Readonly<Record<string, Check>> = {
  category: (value) => isText(value) && value !== '',
  units: isUnits,
  resource: isText,
  event_timestamp: isTime,
  end_to_end_latency_ms: isInteger,
  time_to_first_token_ms: isInteger,
  time_to_first_completion_token_ms: isInteger,
  http_status_code: isInteger,
  properties: isRecord(isTextOrNull),
  use_case_properties: isRecord(isTextOrNull),
  provider_uri: isText,
  provider_request_json: isText,
  provider_request_reasoning_json: isText,
  provider_request_headers: isHeaderList,
  provider_response_headers: isHeaderList,
  provider_response_json: (value) => isText(value) || isList(isText)(value),
  provider_response_function_calls: isList(hasOnly({ name: isText, arguments: isText }, 'name')),
  provider_response_id: isText,
};
const itemMembers: Readonly<Record<string, Check>> = {
  ...bodyMembers,
  limit_ids: isList(isText),
  request_tags: isList(isText),
  user_id: isText,
  use_case_id: isText,
  use_case_name: isText,
  use_case_version: isInteger,
  use_case_step: isText,
  account_name: isText,
  scope: isText,
};
const maxFutureMs = 5 * 60_000;

/**
 * Checks an event against Pay-i's published schema, which takes no member that it does not know.
 *
 * @param form - `single`: without the members that are headers there.
 * @throws {@link ProxyError} with status 400 and Pay-i's code.
 */
export function checkIngestItem(value: unknown, form: 'bulk' | 'single'): IngestItem {
  if (!isObject(value)) throw refusal('invalid_json', 'An event must be an object.');
  for (const required of ['category', 'units']) {
    if (value[required] === undefined || value[required] === null) {
      throw refusal('required_field_missing', `The member ${required} is missing.`);
    }
  }
  const members = form === 'bulk' ? itemMembers : bodyMembers;
  for (const [name, member] of Object.entries(value)) {
    if (!Object.hasOwn(members, name)) throw refusal('invalid_json', `There is no member ${name}.`);
    if (member !== null && !members[name]?.(member)) {
      throw refusal('invalid_json', `The member ${name} does not hold a valid value.`);
    }
  }
  const item = value as unknown as IngestItem;
  if (item.event_timestamp && Date.parse(item.event_timestamp) > Date.now() + maxFutureMs) {
    throw refusal('invalid_ingest_event_timestamp', 'The event is in the future.');
  }
  return item;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refusal(code: string, message: string): ProxyError {
  return new ProxyError(400, code, message);
}
