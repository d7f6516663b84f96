import { isJsonObject, type JsonObject } from '../json.ts';
import { annotationRows, collectAnnotations, type ReceivedAnnotations } from './proxy-annotations.ts';
import { ProxyError } from './proxy-error.ts';
import type { Units } from './usage.ts';

/** An event as Pay-i takes it. Its annotations are members too, see {@link annotationsOf}. */
export interface IngestItem extends JsonObject {
  category: string;
  units: Units;
  resource?: string | null;
  event_timestamp?: string | null;
  http_status_code?: number | null;
  provider_response_id?: string | null;
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isInteger: Check = (value) => Number.isInteger(value);
const isTime: Check = (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value));
const isList =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const hasOnly =
  (members: Readonly<Record<string, Check>>, required: string): Check =>
  (value) =>
    isJsonObject(value) &&
    isText(value[required]) &&
    Object.entries(value).every(
      ([name, member]) => Object.hasOwn(members, name) && (member === null || members[name]?.(member)),
    );
const isCount: Check = (value) => isInteger(value) && Number(value) >= 0 && Number(value) <= 2_147_483_647;
const isUnit: Check = (value) =>
  isJsonObject(value) &&
  Object.entries(value).every(([side, count]) => (side === 'input' || side === 'output') && isCount(count));
const isHeaderList = isList(hasOnly({ name: isText, value: isText }, 'name'));

/** @returns The members of annotations, by name. */
const annotationMembers = (form: 'bulk' | 'single'): Record<string, Check> =>
  Object.fromEntries(
    Object.values(annotationRows).flatMap(({ member, isInBody, isMember }) =>
      member !== undefined && (form === 'bulk' || isInBody) ? [[member, isMember]] : [],
    ),
  );

/** Every other member of the published schema. All but the first two may be null. */
const commonMembers: Readonly<Record<string, Check>> = {
  category: (value) => isText(value) && value !== '',
  units: (value) => isJsonObject(value) && Object.values(value).every(isUnit),
  resource: isText,
  event_timestamp: isTime,
  end_to_end_latency_ms: isInteger,
  time_to_first_token_ms: isInteger,
  time_to_first_completion_token_ms: isInteger,
  http_status_code: isInteger,
  provider_uri: isText,
  provider_request_json: isText,
  provider_request_reasoning_json: isText,
  provider_request_headers: isHeaderList,
  provider_response_headers: isHeaderList,
  provider_response_json: (value) => isText(value) || isList(isText)(value),
  provider_response_function_calls: isList(hasOnly({ name: isText, arguments: isText }, 'name')),
  provider_response_id: isText,
};
const membersByForm = {
  bulk: { ...commonMembers, ...annotationMembers('bulk') },
  single: { ...commonMembers, ...annotationMembers('single') },
};
const maxFutureMs = 5 * 60_000;

/**
 * Checks an event against Pay-i's published schema, which refuses unknown members.
 *
 * @param form - `single`: the form without the members that are headers there.
 * @throws {@link ProxyError} with status 400 and Pay-i's code.
 */
export function checkIngestItem(value: unknown, form: 'bulk' | 'single'): IngestItem {
  if (!isJsonObject(value)) throw refusal('invalid_json', 'An event must be an object.');
  for (const required of ['category', 'units']) {
    if (value[required] === undefined || value[required] === null) {
      throw refusal('required_field_missing', `The member ${required} is missing.`);
    }
  }
  const members: Readonly<Record<string, Check>> = membersByForm[form];
  for (const [name, member] of Object.entries(value)) {
    if (!Object.hasOwn(members, name)) throw refusal('invalid_json', `There is no member ${name}.`);
    if (member !== null && !members[name]?.(member)) {
      throw refusal('invalid_json', `The member ${name} does not hold a valid value.`);
    }
  }
  const item = value as IngestItem;
  if (item.event_timestamp && Date.parse(item.event_timestamp) > Date.now() + maxFutureMs) {
    throw refusal('invalid_ingest_event_timestamp', 'The event is in the future.');
  }
  return item;
}

/** The annotations in an event. `null`, empty text and empty lists are left out. */
export function annotationsOf(item: IngestItem): ReceivedAnnotations {
  return collectAnnotations(({ member }) => {
    const value = member === undefined ? undefined : item[member];
    if (Array.isArray(value)) return value.length > 0 ? [...new Set(value)] : undefined;
    return value === null || value === '' ? undefined : value;
  });
}

function refusal(code: string, message: string): ProxyError {
  return new ProxyError(400, code, message);
}
