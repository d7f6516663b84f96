// Only AWS's metadata of a call is a member of one operation and a header of another.
import { isPlainObject } from '@payi/core/adapter';
import { type Observation, parseJson } from '@payi/core/calls';
import { type HttpRequest, withHeaders } from './client.ts';
import { foreign, type MetadataKeys } from './metadata-keys.ts';

/** What is read of a call. */
interface Call {
  readonly operation: string;
  readonly observation: Observation;
  readonly others: readonly string[];
  readonly registration: { readonly requestMetadata: MetadataKeys };
}

/**
 * What the annotations of a call add to the caller's own pairs, which win.
 *
 * AWS refuses a call with an invalid pair. So in values a character that is not allowed becomes `_`, members of a list
 * are joined with blanks, and what is longer than 256 characters is cut.
 */
function pairsFor({ observation, registration }: Call, own: object): Record<string, string> | undefined {
  const annotations = observation.call.annotations as Readonly<Record<string, unknown>>;
  const pairs = registration.requestMetadata.flatMap(([name, key]) => {
    const value = annotations[name];
    if (value === undefined || Object.hasOwn(own, key)) return [];
    const text = Array.isArray(value) ? value.join(' ') : `${value}`;
    return [[key, text.replace(foreign, '_').slice(0, 256)]];
  });
  const left = pairs.splice(Math.max(0, 16 - Object.keys(own).length));
  if (left.length > 0)
    observation.warn(`requestMetadata has no room for ${left.map(([key]) => key).join(', ')}`);
  return pairs.length > 0 ? Object.fromEntries(pairs) : undefined;
}

/**
 * The member `requestMetadata` of Converse and ConverseStream.
 *
 * @param given - The caller's own.
 * @returns A new object, or `undefined` to leave the caller's as it is.
 */
export function metadataMember(call: Call, given: unknown = {}): object | undefined {
  if (!call.operation.startsWith('Converse') || !isPlainObject(given)) return undefined;
  const pairs = pairsFor(call, given);
  return pairs && { ...pairs, ...given };
}

const headerName = 'X-Amzn-Bedrock-Request-Metadata';

/**
 * Puts the header of InvokeModel and its stream on a request that is about to be signed: AWS refuses it unsigned. The pairs
 * that are there already, from the SDK or from middleware, stay as they are written. Nothing is added to a header that is
 * not a JSON object, nor beside one in `extraHeaders`, which is not signed.
 *
 * @returns The request itself if nothing is added.
 */
export function withMetadataHeader(call: Call, request: HttpRequest): HttpRequest {
  const isOurs = (name: string): boolean => name.toLowerCase() === headerName.toLowerCase();
  const { operation, others, registration } = call;
  if (
    registration.requestMetadata.length === 0 ||
    !/^InvokeModel(WithResp|$)/.test(operation) ||
    others.some(isOurs)
  ) {
    return request;
  }
  const name = Object.keys(request.headers).find(isOurs) ?? headerName;
  const given = request.headers[name]?.trim() || '{}';
  const own = parseJson(given);
  const pairs = isPlainObject(own) && pairsFor(call, own);
  if (!pairs) return request;
  const comma = Object.keys(own).length > 0 ? ',' : '';
  const text = JSON.stringify(pairs).slice(0, -1) + comma + given.slice(1);
  return withHeaders(request, { ...request.headers, [name]: text });
}
