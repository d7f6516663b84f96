import { type AnnotationRow, annotationRows } from '../annotations/annotation-rows.ts';
import type { Annotations, Properties } from '../annotations/annotations.ts';
import { isCleared, isPlainObject } from '../annotations/check-properties.ts';
import type { Receipt } from '../call/receipt.ts';
import { newEventId } from '../runtime.ts';
import { withoutSecrets } from '../secrets/secrets.ts';
import type { DeliveryOptions } from '../settings/delivery-options.ts';
import { filled } from '../usage/json.ts';
import type { ContentMembers, DeliveredContent } from './content/content-of-call.ts';

/** One event as the bulk endpoints accept it. Unknown members are absent. */
export interface IngestItem extends ContentMembers {
  category: string;
  resource: string;
  units: Record<string, { input?: number; output?: number }>;
  event_timestamp: string;
  end_to_end_latency_ms: number;
  time_to_first_token_ms?: number;
  http_status_code: number;
  provider_uri?: string;
  provider_response_id: string;
  properties?: Record<string, string | null>;
  scope?: string;
}

export type Mappings = Pick<DeliveryOptions, 'modelMappings' | 'hostMappings'>;

/** The status of a call without an answer, as Pay-i's own clients send it. */
const noStatus = 299;
const maxCount = 2_147_483_647;
/** The longest id of a provider that an event carries. */
const maxIdLength = 256;

/**
 * Creates the event of a call. Without `content` it holds no prompt, no answer, no headers, no arguments of tools, and no
 * message of an error, which may quote a prompt.
 *
 * @param providerUri - Where the call went, if the adapter knows. User, password and keys are removed.
 */
export function eventOfReceipt(
  receipt: Receipt,
  mappings: Mappings = {},
  providerUri?: string,
  content?: DeliveredContent,
): IngestItem {
  const { annotations } = receipt;
  const uri = providerUri && withoutSecrets(providerUri.replace(/^([^/?#]*:\/\/)[^/?#]*@/, '$1'));
  const item: IngestItem = {
    ...priceOf(receipt, mappings, hostOf(uri)),
    units: countsOf(receipt),
    event_timestamp: receipt.startedAt,
    end_to_end_latency_ms: milliseconds(receipt.endToEndMs),
    http_status_code: receipt.httpStatus ?? noStatus,
    // Pay-i's key of the event. Providers and caches repeat their ids, in other processes too.
    provider_response_id: newEventId(),
  };
  if (receipt.timeToFirstTokenMs !== undefined) {
    item.time_to_first_token_ms = milliseconds(receipt.timeToFirstTokenMs);
  }
  if (uri !== undefined) item.provider_uri = uri;
  if (receipt.toolCalls.length > 0) {
    item.provider_response_function_calls = receipt.toolCalls.map((name) => ({ name }));
  }
  addAnnotations(item, annotations);
  const properties = filled({
    ...systemProperties(receipt, item.resource),
    ...content?.properties,
    ...item.properties,
  });
  if (properties !== undefined) item.properties = properties;
  return Object.assign(item, content?.members);
}

/**
 * Annotations come first, then the first matching model mapping, the host mapping, and the call itself. A model mapping
 * applies only without `priceAsCategory` and `priceAsResource`, and overrides the annotated scope. The scope that the answer
 * states overrides both. A model to which the provider routed the call has the price, because a router has none; so has
 * the model that answered, if the host mapping says so.
 */
function priceOf(
  { annotations, category, resource, model, routedTo, scope: answeredIn }: Receipt,
  { modelMappings = [], hostMappings = [] }: Mappings,
  host: string | undefined,
): Pick<IngestItem, 'category' | 'resource' | 'scope'> {
  const { priceAsCategory, priceAsResource, resourceScope } = annotations;
  const mapped =
    priceAsCategory || priceAsResource
      ? undefined
      : modelMappings.find(
          (mapping) =>
            mapping.model === resource && (mapping.host === undefined || hostOf(mapping.host) === host),
        );
  const atHost = hostMappings.find((mapping) => hostOf(mapping.host) === host);
  const answered = atHost?.priceAs === 'answered' ? model : undefined;
  const scope = answeredIn ?? mapped?.resourceScope ?? resourceScope;
  return {
    category: priceAsCategory || mapped?.priceAsCategory || atHost?.priceAsCategory || category,
    resource:
      priceAsResource ||
      mapped?.priceAsResource ||
      (routedTo ?? answered) ||
      resource ||
      'system.unknown_model',
    ...(scope && { scope }),
  };
}

/** The host of a URL, or of a host with or without port, in lower case. Core does without the URL class. */
function hostOf(uri: string | undefined): string | undefined {
  return uri?.toLowerCase().match(/^(?:[a-z][a-z0-9+.-]*:\/\/)?(\[[^\]]*\]|[^/?#:]+)/)?.[1];
}

/** Leaves out what Pay-i does not accept as a count, and units without any. */
function countsOf({ units }: Receipt): IngestItem['units'] {
  const counts: IngestItem['units'] = {};
  for (const name in units) {
    const { input, output } = units[name] as { input?: number; output?: number };
    const count: { input?: number; output?: number } = {};
    if (isCount(input)) count.input = input;
    if (isCount(output)) count.output = output;
    if (count.input !== undefined || count.output !== undefined) counts[name] = count;
  }
  return counts;
}

function isCount(value: number | undefined): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= maxCount;
}

function milliseconds(value: number): number {
  return Math.min(maxCount, Math.max(0, Math.round(value)));
}

/** The member of an event that holds an annotation; `null` for none. */
export function itemNameOf({ field, itemName }: AnnotationRow): string | null {
  return itemName === undefined ? field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) : itemName;
}

/** Adds each annotation that has a member of its own, unless the event states it already. */
function addAnnotations(item: IngestItem, annotations: Annotations): void {
  const members = item as unknown as Record<string, unknown>;
  for (const row of annotationRows) {
    const value = annotations[row.field];
    const itemName = itemNameOf(row);
    if (itemName === null || value === undefined || isCleared(value)) continue;
    // A copy, because JSON takes several times as long for a frozen list.
    members[itemName] ??= Array.isArray(value) ? [...value] : isPlainObject(value) ? texts(value) : value;
  }
}

/** @param priced - The resource of the event. */
function systemProperties(receipt: Receipt, priced: string): Record<string, string | null> | undefined {
  const { properties, outcome, usageSource, resource, model, serviceTier, providerCost, billable } = receipt;
  const id = receipt.providerResponseId?.slice(0, maxIdLength);
  const known: Record<string, string | null> = { ...texts(properties) };
  if (id) known['system.provider_response_id'] = id;
  if (resource !== '' && resource !== priced) known['system.requested_model'] = resource;
  if (model !== undefined && model !== resource) known['system.model'] = model;
  if (serviceTier !== undefined) known['system.service_tier'] = serviceTier;
  if (providerCost !== undefined) known['system.provider_cost'] = String(providerCost.total);
  for (const name in billable) known[`system.billable.${name}`] = String(billable[name]);
  delete known['system.failure.description'];
  // These mark an event as incomplete.
  if (outcome !== 'complete') known['system.outcome'] = outcome;
  if (usageSource === 'estimate' || usageSource === 'none') known['system.usage_source'] = usageSource;
  return known;
}

/** Pay-i takes text or null. Numbers and booleans, which untyped callers give, become text; nested data, JSON. */
function texts(bag: Properties | null | undefined): Record<string, string | null> | undefined {
  if (!bag) return undefined;
  const copy: Record<string, string | null> = {};
  for (const name in bag) {
    const value: unknown = bag[name];
    if (value === undefined) continue;
    copy[name] = value === null ? null : typeof value === 'object' ? JSON.stringify(value) : String(value);
  }
  return copy;
}
